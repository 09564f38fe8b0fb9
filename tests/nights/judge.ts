import { assessFrames, type FrameAssessment, frameContext, measureFrame } from '@nebulift/prefilter'
import { type FrameTruth, planNight, simulateFrame } from '@nebulift/simulator'

export interface NightOptions {
  readonly seed: number
  readonly frames: number
  readonly width: number
  readonly height: number
}

export interface JudgedFrame {
  readonly seed: number
  readonly index: number
  readonly truth: FrameTruth
  readonly assessment: FrameAssessment
}

/** Simulates a night and judges it as the command does, frame by frame, so that one plane is alive at a time. */
export function judgeNight(night: NightOptions): JudgedFrame[] {
  const truths: FrameTruth[] = []
  const measurements = planNight(night).map((spec) => {
    const { plane, truth, header } = simulateFrame(spec)
    truths.push(truth)
    return measureFrame(
      plane,
      frameContext((keyword) => header[keyword], plane),
    )
  })
  return assessFrames(measurements).map((assessment, index) => ({
    seed: night.seed,
    index,
    truth: truths[index],
    assessment,
  }))
}
