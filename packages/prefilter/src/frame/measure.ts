import { backgroundGradient } from '../background/gradient.ts'
import type { BackgroundModel } from '../background/model.ts'
import type { Plane } from '../plane.ts'
import { sketchFrame } from '../session/sketch.ts'
import { type StarCatalog, StarFlag } from '../stars/catalog.ts'
import { findStreaks } from '../streaks/find.ts'
import type { FrameContext } from './context.ts'
import { type FrameLayers, separateFrame } from './layers.ts'
import type {
  CellMap,
  CompactCatalog,
  FrameMeasurement,
  MeasuredStars,
  PixelSummary,
} from './measurement.ts'
import { extremes } from './pixels.ts'
import { summarizeStars } from './starSummary.ts'

/** Stored with each measurement: raise it whenever any measure changes meaning or value. */
export const measurementVersion = 1

export type MeasureStep = 'background' | 'stars' | 'streaks'

export interface MeasureOptions {
  /** Called before each step, for a log. */
  readonly onStep?: (step: MeasureStep) => void
  /** Shown the frame taken apart, for `frameChannels` and the like; not called for frames without numbers. */
  readonly onLayers?: (layers: FrameLayers) => void
}

/** Stars kept for comparison between frames: enough for 48 cells, few enough to store for a thousand frames. */
const CATALOG_STARS = 600
/** Coarse sky cells along the longer side. */
const SKY_CELLS = 16
/** Below this many pixels there is nothing to measure. */
const SMALLEST_FRAME = 64

/**
 * Measures one frame: background, noise, stars and their shapes, trails. Pure and deterministic; the expensive
 * part of a judgement, about 4 bytes a pixel beside the plane. Frames without numbers or with only one give
 * a measurement that says so.
 */
export function measureFrame(
  plane: Plane,
  context: FrameContext,
  { onStep, onLayers }: MeasureOptions = {},
): FrameMeasurement {
  const { width, height } = plane
  const seen = extremes(plane)
  const base = { version: measurementVersion, width, height, context }
  if (seen.minimum === seen.maximum || width * height < SMALLEST_FRAME)
    return { ...base, ...nothing({ ...seen, saturatedShare: 0, hotPixels: 0 }) }
  const layers = separateFrame(plane, context, onStep)
  onLayers?.(layers)
  const { model, residual, stars } = layers
  onStep?.('streaks')
  const { streaks, rejected } = findStreaks(layers)
  return {
    ...base,
    pixels: {
      ...seen,
      saturatedShare: saturatedShare(plane, stars.saturation ?? context.saturation),
      hotPixels: stars.hotPixels,
    },
    background: {
      level: model.globalLevel,
      rms: model.globalRms,
      gradient: backgroundGradient(model).share,
      cells: coarseSky(model),
    },
    stars: summarizeStars(residual, stars),
    catalog: compact(stars),
    streaks,
    rejectedStreaks: rejected,
    sketch: sketchFrame(residual),
  }
}

function nothing(pixels: PixelSummary) {
  const stars: MeasuredStars = {
    count: 0,
    measured: 0,
    fwhmPx: 0,
    hfrPx: 0,
    eccentricity: 0,
    elongationDeg: 0,
    elongationCoherence: 0,
    fwhmZonesPx: new Array<null>(9).fill(null),
    ring: 0,
    saturated: 0,
  }
  return {
    pixels,
    background: {
      level: pixels.minimum,
      rms: 0,
      gradient: 0,
      cells: { columns: 1, rows: 1, values: [pixels.minimum] },
    },
    stars,
    catalog: { x: [], y: [], flux: [], snr: [] },
    streaks: [],
    rejectedStreaks: [],
  }
}

function saturatedShare({ data }: Plane, ceiling: number | undefined): number {
  if (ceiling === undefined) return 0
  const limit = 0.995 * ceiling
  let count = 0
  for (let i = 0; i < data.length; i++) if (data[i] >= limit) count++
  return count / data.length
}

/** The brightest stars that are whole, alone and below the ceiling, as plain numbers. */
function compact(stars: StarCatalog): CompactCatalog {
  const unfit = StarFlag.saturated | StarFlag.edge
  const chosen: number[] = []
  for (let i = 0; i < stars.count && chosen.length < CATALOG_STARS; i++)
    if ((stars.flags[i] & unfit) === 0) chosen.push(i)
  const column = (values: Float32Array, digits: number) =>
    chosen.map((i) => Number(values[i].toPrecision(digits)))
  return {
    x: column(stars.x, 7),
    y: column(stars.y, 7),
    flux: column(stars.flux, 5),
    snr: column(stars.snr, 4),
  }
}

function coarseSky(model: BackgroundModel): CellMap {
  const longer = Math.max(model.columns, model.rows)
  const step = Math.max(1, Math.ceil(longer / SKY_CELLS))
  const columns = Math.ceil(model.columns / step)
  const rows = Math.ceil(model.rows / step)
  const values = Array.from({ length: columns * rows }, (_, i) => {
    const cell = meanOfBlock(model, (i % columns) * step, Math.floor(i / columns) * step, step)
    return Number(cell.toPrecision(6))
  })
  return { columns, rows, values }
}

function meanOfBlock(model: BackgroundModel, column: number, row: number, step: number): number {
  let sum = 0
  let count = 0
  for (let r = row; r < Math.min(row + step, model.rows); r++)
    for (let c = column; c < Math.min(column + step, model.columns); c++) {
      sum += model.level[r * model.columns + c]
      count++
    }
  return sum / count
}
