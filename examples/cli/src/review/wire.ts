import { parseDecision } from '../output/correction.ts'
import type { Manifest, ManifestFrame } from '../output/manifest.ts'
import { reportNight } from '../output/reportNight.ts'
import { fitSize, type Preview } from '../picture/preview.ts'
import type { ReportNight } from '../report/index.ts'
import { reasonFor } from '../report/reasons.ts'
import type { Wish } from './store.ts'

/** A night as the page gets it: what the report gets, with the pictures' sizes alone. */
export function reviewNight(manifest: Manifest): ReportNight {
  const sizes = manifest.frames.map(({ file, width, height }): [string, Preview] => [
    file,
    { bytes: new Uint8Array(), ...fitSize({ width, height }, 1000) },
  ])
  return reportNight(manifest, new Map(sizes))
}

/** What a correction changed of a frame, as the page gets it. */
export function plainFrame(frame: ManifestFrame) {
  const { file, sorted } = frame
  return { file, sorted, assessment: frame, reasons: frame.causes.map(reasonFor) }
}

/** Takes a wish out of a body; `undefined` where it is none. */
export function parseWish(body: string): Wish | undefined {
  try {
    const { file, seen, decision } = JSON.parse(body)
    if (typeof file !== 'string' || (seen !== null && typeof seen !== 'string')) return undefined
    if (decision === null) return { file, seen, decision }
    const parsed = parseDecision(decision)
    return parsed && { file, seen, decision: parsed }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}
