import type { FrameAssessment, FrameKind, Verdict } from '@nebulift/prefilter'
import type { FileFailure } from '../files/discover.ts'
import type { JudgedFile } from '../frame/judgeFile.ts'
import type { Learned } from '../learning/learnedJudge.ts'
import type { Corrected } from './correction.ts'

/** Name and number of the form of `manifest.json`; see `manifest.schema.json`. */
export const manifestSchema = 'nebulift.manifest/1'

/** One judged frame, as in `manifest.json` and on each line of `analyze --json`. */
export interface ManifestFrame extends FrameAssessment, Corrected, Learned {
  /** Path relative to the input folder, with `/`; in `analyze` as it was given. */
  readonly file: string
  /** What the header says the frame is. Only lights are judged as pictures of the sky. */
  readonly kind: FrameKind
  /** Size of the picture in the file. */
  readonly width: number
  readonly height: number
  /** Frames with equal keys were judged against each other. */
  readonly sessionKey: string
  readonly object?: string
  readonly filter?: string
  /** Middle of the exposure, milliseconds since 1970 UTC. */
  readonly timeMs?: number
  readonly exposureS?: number
  /** Where the frame was sorted, relative to the output folder; null where it was not. */
  readonly sorted: string | null
  /** Its trail mask, relative to the output folder; null without trails. */
  readonly mask: string | null
}

/** Frames of one target, filter, exposure and camera. */
export interface ManifestSession {
  readonly key: string
  /** For people. */
  readonly label: string
  readonly frames: number
  readonly verdicts: Readonly<Record<Verdict, number>>
}

/** A calibration frame found among the lights. */
export interface CalibrationFrame {
  readonly file: string
  readonly kind: Exclude<FrameKind, 'light'>
}

/** All that a batch found out, as in `manifest.json`. */
export interface Manifest {
  readonly schema: typeof manifestSchema
  /** Version of nebulift that wrote it. */
  readonly version: string
  /** ISO 8601, UTC. */
  readonly created: string
  /** Folder that was judged. */
  readonly input: string
  readonly action: 'report' | 'link' | 'copy' | 'move'
  /** False where the batch was interrupted before all frames were judged and sorted. */
  readonly complete: boolean
  readonly sessions: readonly ManifestSession[]
  readonly frames: readonly ManifestFrame[]
  /** Bias, dark and flat frames: found, but not judged as pictures of the sky. */
  readonly calibration: readonly CalibrationFrame[]
  /** Files that could not be judged, or judged but not sorted; `error` is one line. */
  readonly failed: readonly FileFailure[]
}

/** Puts together what the manifest says of a frame. */
export function manifestFrame(
  judged: JudgedFile,
  assessment: FrameAssessment & Corrected & Learned,
  place: { readonly file: string; readonly sorted?: string | null; readonly mask?: string | null },
): ManifestFrame {
  const { context } = judged.measurement
  return {
    file: place.file,
    ...assessment,
    kind: context.kind,
    width: judged.width,
    height: judged.height,
    sessionKey: context.sessionKey,
    ...(judged.object !== undefined && { object: judged.object }),
    ...(judged.filter !== undefined && { filter: judged.filter }),
    ...(context.timeMs !== undefined && { timeMs: context.timeMs }),
    ...(context.exposureS !== undefined && { exposureS: context.exposureS }),
    sorted: place.sorted ?? null,
    mask: place.mask ?? null,
  }
}

/** Sessions in order of first appearance. */
export function manifestSessions(frames: readonly ManifestFrame[]): ManifestSession[] {
  const groups = Map.groupBy(frames, ({ sessionKey }) => sessionKey)
  return [...groups].map(([key, members]) => ({
    key,
    label: sessionLabel(key),
    frames: members.length,
    verdicts: countVerdicts(members),
  }))
}

/** How many frames have each verdict. */
export function countVerdicts(frames: readonly FrameAssessment[]): Record<Verdict, number> {
  const count = (wanted: Verdict) => frames.filter(({ verdict }) => verdict === wanted).length
  return {
    clean: count('clean'),
    contaminated: count('contaminated'),
    review: count('review'),
  }
}

/** The telling parts of a session's key. */
function sessionLabel(key: string): string {
  const telling = key
    .split(' | ')
    .filter((part) => !/^(unknown |unnamed |no filter|bin 1$)/.test(part))
  return telling.join(' · ') || key
}
