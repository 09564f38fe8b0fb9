import type { Plane } from '../plane.ts'
import { type StarCatalog, StarFlag } from '../stars/catalog.ts'
import { axialDistanceDeg, axialMean } from '../statistics/angles.ts'
import { median } from '../statistics/robust.ts'
import { Cover } from './band.ts'
import { type Path, pathLength, project } from './path.ts'

/** A point bright enough to throw spikes. */
export interface BrightSource {
  readonly x: number
  readonly y: number
  /** Height over the pixel noise; a lower bound when saturated. */
  readonly peakSigma: number
  readonly radiusPx: number
  readonly saturated: boolean
}

/** A detection that lies on something straight, and the direction of that. */
export interface LineUp {
  readonly x: number
  readonly y: number
  readonly angleDeg: number
  readonly peakSigma: number
}

export interface Sources {
  /** Detections that go on straight to both sides. */
  readonly lineUps: readonly LineUp[]
  /** Indices of the catalogue's detections that are round, or at least no lines. */
  readonly round: readonly number[]
  /** Height of each detection over the pixel noise. */
  readonly peaks: Float32Array
  /** Brightest first. */
  readonly bright: readonly BrightSource[]
  /** Width of the frame's point sources; 2.5 where nothing round was found. */
  readonly fwhmPx: number
  readonly fwhmKnown: boolean
  /** Detections per pixel. */
  readonly density: number
  /** Set when the stars themselves are drawn out in one direction: bad tracking, not satellites. */
  readonly trailing: { readonly angleDeg: number; readonly lengthPx: number } | undefined
}

/** At most this share of the frame is masked; in denser fields the masks shrink towards the cores. */
const mostMasked = 0.4
const brightSigma = 40
const mostBright = 400

/** Sorts the catalogue's detections into round sources and pieces of lines. */
export function sortSources(residual: Plane, stars: StarCatalog): Sources {
  const { fwhmPx, fwhmKnown } = typicalWidth(stars)
  const trailing = commonTrail(residual, stars, fwhmPx)
  const lineUps: LineUp[] = []
  const round: number[] = []
  const peaks = new Float32Array(stars.count)
  const bright: BrightSource[] = []
  for (let i = 0; i < stars.count; i++) {
    const x = stars.x[i]!
    const y = stars.y[i]!
    const peakSigma = peakNear(residual, x, y)
    peaks[i] = peakSigma
    const saturated = (stars.flags[i]! & StarFlag.saturated) !== 0
    const lineUp = lineThrough(residual, x, y, peakSigma, fwhmPx, stars.fwhmPx[i]!)
    const ofTracking =
      trailing !== undefined &&
      lineUp !== undefined &&
      axialDistanceDeg(lineUp.angleDeg, trailing.angleDeg) < 20
    if (lineUp && !ofTracking) lineUps.push(lineUp)
    else round.push(i)
    if ((peakSigma > brightSigma || saturated) && bright.length < mostBright) {
      bright.push({ x, y, peakSigma, saturated, radiusPx: stars.radiusPx[i]! })
    }
  }
  bright.sort((a, b) => b.peakSigma - a.peakSigma)
  const density = stars.count / (residual.width * residual.height)
  return { lineUps, round, peaks, bright, fwhmPx, fwhmKnown, density, trailing }
}

/** The same with bright blobs that the catalogue does not have. */
export function addBright(sources: Sources, blobs: readonly BrightSource[]): Sources {
  const known = sources.bright
  const added = blobs.filter(
    (blob) =>
      !known.some(({ x, y, radiusPx }) => Math.hypot(x - blob.x, y - blob.y) < 3 + radiusPx / 2),
  )
  return { ...sources, bright: [...known, ...added].sort((a, b) => b.peakSigma - a.peakSigma) }
}

function typicalWidth(stars: StarCatalog): { fwhmPx: number; fwhmKnown: boolean } {
  const widths: number[] = []
  const bad = StarFlag.saturated | StarFlag.edge | StarFlag.extended
  for (let i = 0; i < stars.count && widths.length < 400; i++) {
    const good = (stars.flags[i]! & bad) === 0 && stars.eccentricity[i]! < 0.8
    if (good && stars.snr[i]! > 8 && stars.fwhmPx[i]! > 0) widths.push(stars.fwhmPx[i]!)
  }
  if (widths.length < 3) return { fwhmPx: 2.5, fwhmKnown: false }
  return { fwhmPx: Math.max(1, Math.min(30, median(widths))), fwhmKnown: widths.length >= 4 }
}

/** Eccentricity from which a star counts as drawn out: axes 1 : 0.6. */
const drawnOut = 0.8

/** Stars are drawn from so many squares a side, one each, so that one long trail cannot outvote the sky. */
const votingSquares = 8

function commonTrail(residual: Plane, stars: StarCatalog, fwhmPx: number): Sources['trailing'] {
  const voted = new Set<number>()
  const angles: number[] = []
  const lengths: number[] = []
  for (let i = 0; i < stars.count; i++) {
    if ((stars.flags[i]! & StarFlag.edge) !== 0 || stars.snr[i]! < 10) continue
    const column = Math.floor((stars.x[i]! / residual.width) * votingSquares)
    const square =
      Math.floor((stars.y[i]! / residual.height) * votingSquares) * votingSquares + column
    if (voted.has(square)) continue
    voted.add(square)
    if (stars.eccentricity[i]! < drawnOut) continue
    angles.push(stars.thetaDeg[i]!)
    lengths.push(stars.fwhmPx[i]! / Math.max(0.1, Math.sqrt(1 - stars.eccentricity[i]! ** 2)))
  }
  const { angleDeg, coherence } = axialMean(angles)
  if (voted.size < 5 || angles.length < 0.6 * voted.size || coherence < 0.7) return undefined
  return { angleDeg, lengthPx: Math.max(fwhmPx, median(lengths)) }
}

function valueAt({ data, width, height }: Plane, x: number, y: number): number {
  const left = Math.floor(x)
  const top = Math.floor(y)
  if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) return 0
  const at = top * width + left
  const fx = x - left
  const fy = y - top
  return (
    (1 - fy) * ((1 - fx) * data[at]! + fx * data[at + 1]!) +
    fy * ((1 - fx) * data[at + width]! + fx * data[at + width + 1]!)
  )
}

function peakNear({ data, width, height }: Plane, x: number, y: number): number {
  let peak = 0
  const column = Math.round(x)
  const row = Math.round(y)
  for (let v = Math.max(0, row - 1); v <= Math.min(height - 1, row + 1); v++) {
    for (let u = Math.max(0, column - 1); u <= Math.min(width - 1, column + 1); u++) {
      peak = Math.max(peak, data[v * width + u]!)
    }
  }
  return peak
}

const directions = 24

/**
 * Whether light goes on straight to both sides of a detection, nearly as bright as itself, while it is dark
 * across: then it is a crest of noise on a trail and no star.
 */
function lineThrough(
  residual: Plane,
  x: number,
  y: number,
  peakSigma: number,
  fwhmPx: number,
  ownPx: number,
): LineUp | undefined {
  const scales = ownPx > 1.5 * fwhmPx ? [fwhmPx, Math.min(ownPx, 40)] : [fwhmPx]
  for (const scale of scales) {
    const near = Math.max(2.5, 1.6 * scale)
    const far = Math.max(4, 2.5 * scale)
    let best = 0
    let bestAngle = 0
    for (let i = 0; i < directions; i++) {
      const angle = (i * Math.PI) / directions
      const least = leastAlong(residual, x, y, angle, near, far)
      if (least > best) {
        best = least
        bestAngle = angle
      }
    }
    if (best < 2 || best < 0.3 * peakSigma) continue
    const across = bestAngle + Math.PI / 2
    const beside =
      (valueAt(residual, x + far * Math.cos(across), y + far * Math.sin(across)) +
        valueAt(residual, x - far * Math.cos(across), y - far * Math.sin(across))) /
      2
    if (beside > 0.5 * best) continue
    return { x, y, angleDeg: (bestAngle * 180) / Math.PI, peakSigma }
  }
  return undefined
}

function leastAlong(
  residual: Plane,
  x: number,
  y: number,
  angle: number,
  near: number,
  far: number,
): number {
  const ux = Math.cos(angle)
  const uy = Math.sin(angle)
  let least = Infinity
  for (const r of [-far, -near, near, far]) {
    least = Math.min(least, valueAt(residual, x + r * ux, y + r * uy))
  }
  return least
}

/** A trail already followed: crests of noise on it are no stars. */
export interface Crest {
  readonly path: Path
  readonly halfWidthPx: number
  readonly peakSigma: number
}

/** `Cover` of each pixel by the catalogue's sources; what lies on a followed trail and is no brighter stays bare. */
export function maskSources(
  frame: Plane,
  stars: StarCatalog,
  sources: Sources,
  trails: readonly Crest[],
): Uint8Array {
  const { width, height } = frame
  const mask = new Uint8Array(width * height)
  const members = sources.round.filter(
    (i) => !trails.some((trail) => liesOn(trail, stars.x[i]!, stars.y[i]!, sources.peaks[i]!)),
  )
  const radii = members.map((i) => maskRadius(stars, i, sources))
  const area = radii.reduce((sum, radius) => sum + Math.PI * radius * radius, 0)
  const shrink = Math.min(1, Math.sqrt((mostMasked * width * height) / Math.max(1, area)))
  members.forEach((i, k) => {
    const radius = Math.max(0.8 * sources.fwhmPx, radii[k]! * shrink)
    stampDisc(mask, frame, { x: stars.x[i]!, y: stars.y[i]!, radius }, Cover.outskirts)
  })
  members.forEach((i, k) => {
    const core = Math.min(radii[k]!, Math.max(1.5 * sources.fwhmPx, 0.25 * radii[k]!))
    stampDisc(mask, frame, { x: stars.x[i]!, y: stars.y[i]!, radius: core }, Cover.core)
  })
  return mask
}

function liesOn({ path, halfWidthPx, peakSigma }: Crest, x: number, y: number, peak: number) {
  if (peak > 4 * peakSigma) return false
  const { t, offset } = project(path, x, y)
  const length = pathLength(path)
  return Math.abs(offset) < halfWidthPx && t > -halfWidthPx && t < length + halfWidthPx
}

/** Moffat exponent of typical seeing wings (Trujillo et al. 2001 find 2.5 to 4.8). */
const wings = 3

/** The catalogue's radius, but no more than a round star of that height can have. */
function maskRadius(stars: StarCatalog, i: number, { peaks, fwhmPx }: Sources): number {
  const own = Math.min(400, stars.radiusPx[i]! + 1)
  if ((stars.flags[i]! & (StarFlag.saturated | StarFlag.extended)) !== 0) return own
  const width = Math.max(fwhmPx, Math.min(stars.fwhmPx[i]!, 2 * fwhmPx))
  const fall = ((2 * Math.max(1, peaks[i]!)) ** (1 / wings) - 1) / (2 ** (1 / wings) - 1)
  return Math.min(own, 1.3 * (width / 2) * Math.sqrt(fall) + 2)
}

/** Sets the mask to `value` within `radius` of a point. */
export function stampDisc(
  mask: Uint8Array,
  { width, height }: Pick<Plane, 'width' | 'height'>,
  { x, y, radius }: { readonly x: number; readonly y: number; readonly radius: number },
  value: number,
): void {
  const top = Math.max(0, Math.ceil(y - radius))
  const bottom = Math.min(height - 1, Math.floor(y + radius))
  for (let row = top; row <= bottom; row++) {
    const half = Math.sqrt(Math.max(0, radius * radius - (row - y) ** 2))
    const from = Math.max(0, Math.ceil(x - half))
    const to = Math.min(width - 1, Math.floor(x + half))
    if (to >= from) mask.fill(value, row * width + from, row * width + to + 1)
  }
}
