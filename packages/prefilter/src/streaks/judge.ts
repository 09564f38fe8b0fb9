import { angleBetween, angleOf, pathLength } from './path.ts'
import type { Trace } from './refine.ts'
import type { Sources } from './sources.ts'
import { isSpike } from './spikes.ts'

/** Why something straight is not a trail. */
export type RejectionReason =
  | 'weak'
  | 'spike'
  | 'bleed'
  | 'column'
  | 'row'
  | 'galaxy'
  | 'cosmic-ray'
  | 'star-chain'
  | 'edge-artefact'
  | 'filament'
  | 'star-trail'
  | 'satellite-duplicate'

export interface JudgeContext {
  readonly sources: Sources
  readonly width: number
  readonly height: number
  readonly minLengthPx: number
}

/** Significance a followed trail must keep on the full-resolution residual. */
const leastSnr = 6
/** A short one must be clearer, since stars and galaxies that blend are short too. */
const shortPx = 60
const extraSnrWhenShort = 6

/** The reason a trace is no trail, or undefined for a trail. */
export function judge(trace: Trace, context: JudgeContext): RejectionReason | undefined {
  const { cross, snr, pieces, path } = trace
  const length = pathLength(path)
  const { sources } = context
  const wanted = leastSnr + extraSnrWhenShort * Math.max(0, 1 - length / shortPx)
  if (snr < wanted || length < context.minLengthPx || cross.peak <= 0) return 'weak'
  const axis = alongAxis(trace, context)
  if (axis) return axis
  if (cross.step > 0.5) return 'edge-artefact'
  if (length < 5 * cross.fwhmPx) return 'galaxy'
  if (isSpike(trace, sources)) return 'spike'
  if (isSharp(trace, sources)) return 'cosmic-ray'
  if (isGalaxy(trace)) return 'galaxy'
  if (pieces.persistence < 0.6 || isChain(trace)) return 'star-chain'
  if (cross.roughness > 0.35 || cross.fwhmPx > Math.max(30, 0.12 * length)) return 'filament'
  if (sources.trailing) {
    const aligned = angleBetween(angleOf(path), sources.trailing.angleDeg) < 20
    if (aligned && length < 4 * sources.trailing.lengthPx) return 'star-trail'
  }
  return undefined
}

/** Exactly along columns or rows, where detectors have lines of their own. */
function alongAxis(trace: Trace, { sources }: JudgeContext): RejectionReason | undefined {
  const { path, cross } = trace
  const length = pathLength(path)
  const column = Math.abs(path.x1 - path.x0) < 0.8
  const row = Math.abs(path.y1 - path.y0) < 0.8
  if ((!column && !row) || length < 4 * cross.fwhmPx) return undefined
  const through = sources.bright.some(
    (source) =>
      source.saturated &&
      (column
        ? Math.abs(source.x - path.x0) < Math.max(3, cross.fwhmPx)
        : Math.abs(source.y - path.y0) < Math.max(3, cross.fwhmPx)),
  )
  if (through) return 'bleed'
  const narrow = cross.fwhmPx < Math.max(1.3, 0.75 * sources.fwhmPx) || cross.oneLane > 0.75
  const weakEvidence = cross.peak < 10 * cross.peakError
  const edgeOfChip = Math.min(trace.room[0], trace.room[1]) < 3 && cross.fwhmPx > 3 * sources.fwhmPx
  if (narrow || weakEvidence || edgeOfChip) return column ? 'column' : 'row'
  return undefined
}

/** Narrower than the optics can draw: made in the detector. */
function isSharp({ cross, snr }: Trace, sources: Sources): boolean {
  return (
    sources.fwhmKnown && sources.fwhmPx > 1.7 && snr > 8 && cross.fwhmPx < 0.62 * sources.fwhmPx
  )
}

/** Short, thick and brightest in the middle. */
function isGalaxy({ pieces, path, cross }: Trace): boolean {
  const aspect = pathLength(path) / Math.max(1, cross.fwhmPx)
  if (aspect > 12) return false
  const known = pieces.amplitude.filter((value) => !Number.isNaN(value))
  if (known.length < 3) return aspect < 6
  const third = Math.max(1, Math.floor(known.length / 3))
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const outer = (mean(known.slice(0, third)) + mean(known.slice(-third))) / 2
  const inner = mean(known.slice(third, known.length - third))
  return inner > 1.6 * outer
}

/** Light in a few pieces only, the rest dark: stars that line up. */
function isChain({ pieces }: Trace): boolean {
  const known = pieces.amplitude
    .map((value, i) => ({ value, sigma: pieces.sigma[i]! }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => b.value - a.value)
  if (known.length < 3) return true
  // Without its brightest quarter a trail still stands.
  const rest = known.slice(Math.ceil(known.length / 4))
  let sum = 0
  let norm = 0
  for (const { value, sigma } of rest) {
    sum += value / sigma ** 2
    norm += 1 / sigma ** 2
  }
  const mean = known.reduce((total, { value }) => total + value, 0) / known.length
  return sum / Math.sqrt(norm) < 3 || sum / norm < 0.35 * mean
}
