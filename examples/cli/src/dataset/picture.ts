import {
  type FrameAssessment,
  type FrameMeasurement,
  frameChannels,
  frameEvidence,
  type Plane,
  separateFrame,
} from '@nebulift/prefilter'
import { channelBytes } from '../frame/judgeFile.ts'
import type { PrefilterOpinion } from './manifest.ts'

/** The network's view of a frame as bytes: 0..255 for channel values 0..1. */
export function pictureBytes(plane: Plane, saturation?: number): Uint8Array {
  const layers = separateFrame(plane, saturation === undefined ? {} : { saturation })
  return channelBytes(frameChannels(layers))
}

/** Digits that are kept of a number of evidence: finer than any measure of a frame repeats. */
const digits = 5

/** `frameEvidence`, short enough to be written down for thousands of frames. */
export function roundedEvidence(frames: readonly FrameMeasurement[]) {
  const { names, frames: vectors } = frameEvidence(frames)
  const short = vectors.map((vector) => vector.map((value) => Number(value.toFixed(digits))))
  return { names, vectors: short }
}

/** The part of a judgement that is kept with an example. */
export function opinionOf({ verdict, action, score, causes }: FrameAssessment): PrefilterOpinion {
  const short = (value: number) => Number(value.toFixed(digits))
  return {
    verdict,
    action,
    score: short(score),
    causes: causes.map(({ kind, severity }) => ({ kind, severity: short(severity) })),
  }
}
