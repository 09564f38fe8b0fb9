import {
  COVERED_BELOW,
  describeGrid,
  type GridSize,
  gridSize,
  resample,
  transparencyGrid,
} from '../clouds/grid.ts'
import type { FrameMeasurement } from '../frame/measurement.ts'
import { median, quantile } from '../statistics/robust.ts'
import type { LocalGrid } from '../verdict/assessment.ts'
import { clearSky } from './baseline.ts'
import { brightening } from './dawn.ts'
import type { Poses } from './pose.ts'
import { type SkyChange, skyChanges } from './skyChange.ts'
import { calibrateSights, type StarSight, sightStars, throughput } from './transparency.ts'

/** Clouds as the rules need them: clear where nothing is known. */
export interface CloudState {
  readonly coverage: number
  readonly transparency: number
  readonly grid: LocalGrid
  /** Whether there was anything to compare with. */
  readonly known: boolean
}

/** One frame beside the others of its session: what is expected of it, and how it differs. */
export interface Comparison {
  /** Frames in the session, this one included; 1 for a lone frame. */
  readonly frames: number
  readonly clouds: CloudState
  /** Whether transparency rests on matched stars. */
  readonly photometric: boolean
  readonly skyChange: SkyChange
  /** Width of stars in the sharper frames, pixels; 0 where none could be measured. */
  readonly sharpFwhmPx: number
  /** Typical major over minor axis of the session's stars. */
  readonly usualElongation: number
  /** Stars found in a usual frame. */
  readonly usualStars: number
  /** Noise of the quieter frames, image units. */
  readonly quietRms: number
  /** Noise of the frames taken just before and after, image units. */
  readonly nearRms: number
  /** Sky level of the darker frames, image units. */
  readonly darkLevel: number
  /** Growth of the sky's light over three frames towards the night's near end; 1 away from its ends. */
  readonly dawn: number
}

/** Stars that must have been measured before a frame's shapes speak for it. */
export const ENOUGH_MEASURED = 5
const FEW_FRAMES = 5

/** Compares each frame of one session with the others; a single frame is compared with nothing. */
export function compareSession(session: readonly FrameMeasurement[], poses: Poses): Comparison[] {
  const usual = usualFrame(session)
  const reference = session[poses.reference]
  const sights = calibrateSights(
    session.map((frame, i) => {
      const pose = poses.transforms[i]
      return pose && sightStars(frame, reference, pose)
    }),
  )
  const changes = skyChanges(session, poses.transforms)
  const raw = session.map((frame, i) =>
    session.length < 2 ? 1 : throughputOf(frame, sights[i], reference),
  )
  const clear = clearSky(
    session.map(({ context }, i) => ({
      value: raw[i],
      timeMs: context.timeMs,
      airmass: context.airmass,
    })),
  )
  const sky = usualSky(session)
  const dawn = brightening(session)
  const near = neighboursNoise(session)
  return session.map((frame, i) => {
    const share = session.length > 1 && clear[i] > 0 ? raw[i] / clear[i] : Number.NaN
    return {
      ...usual,
      frames: session.length,
      photometric: sights[i] !== undefined,
      skyChange: changes[i],
      dawn: dawn[i],
      nearRms: near[i],
      clouds: cloudState(frame, {
        sights: sights[i],
        share,
        clear: clear[i],
        sky,
        fewFrames: session.length < FEW_FRAMES,
      }),
    }
  })
}

/** Light through, against the reference: by matched stars, else from how deep the catalogues reach. */
function throughputOf(
  frame: FrameMeasurement,
  sights: readonly StarSight[] | undefined,
  reference: FrameMeasurement,
): number {
  if (sights) return throughput(sights)
  if (frame.stars.count > 0.6 * reference.stars.count) return Number.NaN
  // Too few stars to find the field: the tenth brightest is then as good as gone.
  const rank = Math.min(9, reference.catalog.flux.length - 1)
  const flux = frame.catalog.flux[rank] ?? 0
  return rank < 0 ? Number.NaN : Math.min(1, flux / reference.catalog.flux[rank])
}

function usualFrame(session: readonly FrameMeasurement[]) {
  const shaped = session.filter(({ stars }) => stars.measured >= ENOUGH_MEASURED)
  const fwhm = quantile(
    shaped.map(({ stars }) => stars.fwhmPx),
    0.3,
  )
  const elongation = median(shaped.map(({ stars }) => elongationOf(stars.eccentricity)))
  return {
    sharpFwhmPx: fwhm || 0,
    usualElongation: elongation || 1,
    usualStars: quantile(
      session.map(({ stars }) => stars.count),
      0.6,
    ),
    quietRms: quantile(
      session.map(({ background }) => background.rms),
      0.25,
    ),
    darkLevel: quantile(
      session.map(({ background }) => background.level),
      0.25,
    ),
  }
}

/** Major over minor axis from eccentricity. */
export const elongationOf = (eccentricity: number): number =>
  1 / Math.sqrt(Math.max(0.01, 1 - eccentricity * eccentricity))

/** The session's usual sky in coarse cells, each frame brought to level one first. */
function usualSky(session: readonly FrameMeasurement[]): readonly number[] {
  const { columns, rows } = session[0].background.cells
  const relative = session.map(({ background }) =>
    background.cells.values.map((v) => v / (background.level || 1)),
  )
  return Array.from({ length: columns * rows }, (_, i) => median(relative.map((map) => map[i])))
}

/** Median noise of up to three frames before and three after each. */
function neighboursNoise(session: readonly FrameMeasurement[]): number[] {
  const order = session
    .map((_, i) => i)
    .sort((a, b) => (session[a].context.timeMs ?? a) - (session[b].context.timeMs ?? b))
  const near = new Array<number>(session.length)
  order.forEach((i, at) => {
    const others = order.slice(Math.max(0, at - 3), at + 4).filter((j) => j !== i)
    near[i] = median(others.map((j) => session[j].background.rms))
  })
  return near
}

interface CloudEvidence {
  readonly sights: readonly StarSight[] | undefined
  /** Light through against a clear frame; NaN where nothing can be said. */
  readonly share: number
  /** What the reference unit of the sights is in a clear frame. */
  readonly clear: number
  readonly sky: readonly number[]
  readonly fewFrames: boolean
}

function cloudState(frame: FrameMeasurement, evidence: CloudEvidence): CloudState {
  const { sights, share, clear, sky, fewFrames } = evidence
  const { cells, level } = frame.background
  const size = gridSize(frame.width, frame.height, sights?.length ?? 0)
  const excess = cells.values.map((v, i) => v / (level || 1) - (sky[i] ?? 1))
  const background = resample({ ...cells, values: excess }, size).map((v) =>
    Number.isFinite(v) ? v : null,
  )
  const transparency = sights
    ? transparencyGrid(sights, { ...frame, ...size, clear })
    : emptyGrid(size, share)
  // Among few frames nobody knows which is clear: a cell then counts against the frame's own better part.
  const clearLevel = fewFrames && Number.isFinite(share) ? Math.min(1, share) : 1
  const { grid, coverage } = describeGrid({ ...size, transparency, background }, clearLevel)
  const known = Number.isFinite(share)
  return { grid, coverage, transparency: known ? Math.max(0, share) : 1, known }
}

/** Without matched stars a frame that lost nearly all of them is covered whole; otherwise nothing is known. */
function emptyGrid({ columns, rows }: GridSize, share: number): (number | null)[] {
  const value = Number.isFinite(share) && share < COVERED_BELOW ? share : null
  return new Array<number | null>(columns * rows).fill(value)
}
