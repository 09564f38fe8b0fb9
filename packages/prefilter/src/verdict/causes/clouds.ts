import { starDesert } from '../../clouds/lone.ts'
import type { FrameMeasurement } from '../../frame/measurement.ts'
import type { Comparison } from '../../session/compare.ts'
import { median } from '../../statistics/robust.ts'
import type { Cause, CauseKind, LocalGrid, Region } from '../assessment.ts'
import { NOTICE, RUIN, severityBetween } from '../severity.ts'
import { starsVanished } from './focus.ts'

/** Cells darker than this have no star left: something solid, or cloud as thick as that. */
const DEAD_BELOW = 0.2
/** Loss of light that is told even where it does not count. */
const WORTH_SAYING = 0.2
/** Sky structure beyond this multiple of the usual is neither Moon nor dawn. */
const UNUSUAL_SKY = 2.3
/** With fewer frames than this the clear ones may be the exception: an even veil must be thicker to count. */
const MANY_FRAMES = 8

/** Clouds, haze and things in front of the telescope, from matched-star photometry. */
export function cloudCauses(frame: FrameMeasurement, comparison: Comparison): Cause[] {
  const { clouds, frames } = comparison
  if (starsVanished(frame, comparison)) return []
  if (frames < 2) return desertCauses(frame)
  const patience = Math.min(1, Math.max(0, (MANY_FRAMES - frames) / 5))
  const veil = severityBetween(
    1 - clouds.transparency,
    0.115 + 0.335 * patience,
    0.23 + 0.37 * patience,
  )
  const patch = clouds.coverage < 0.04 ? 0 : severityBetween(clouds.coverage, 0.07, 0.16)
  const structure = structureSeverity(comparison)
  const severity = Math.max(veil, patch, structure)
  // Among few frames a veil may be too thin to count, but it is why the score is low.
  if (severity < NOTICE && clouds.transparency > 1 - WORTH_SAYING) return []
  const structured = structure > Math.max(veil, patch)
  const changed = { ...frame.background.cells, covered: comparison.skyChange.cells }
  const region = markedRegion(structured ? changed : clouds.grid, frame)
  return [
    {
      kind: structured ? structureKind(changed) : kindOf(frame, comparison, veil >= patch),
      severity,
      evidence: {
        transparency: clouds.transparency,
        coverage: clouds.coverage,
        skyChange: comparison.skyChange.ratio,
        skyRatio: frame.background.level / (comparison.darkLevel || 1),
        stars: frame.stars.count,
        sessionStars: comparison.usualStars,
      },
      ...(region ? { region } : {}),
    },
  ]
}

/** A sky whose structure changed asks for a look; with stars lost as well it counts in full. */
function structureSeverity({ skyChange, clouds }: Comparison): number {
  const severity = severityBetween(skyChange.ratio, UNUSUAL_SKY, 3 * UNUSUAL_SKY)
  const lost = clouds.coverage > 0 || clouds.transparency < 0.9
  return lost ? severity : Math.min(0.95 * RUIN, severity)
}

function structureKind(cells: Pick<LocalGrid, 'columns' | 'rows' | 'covered'>): CauseKind {
  return touchesBorder(cells) ? 'occlusion' : 'cloud'
}

/** A lone frame has no photometry to rest on: an empty region asks for a look. */
function desertCauses(frame: FrameMeasurement): Cause[] {
  const { columns, rows, empty, coverage } = starDesert(frame)
  const severity = Math.min(0.45, severityBetween(coverage, 0.12, 0.4))
  if (coverage < 0.12) return []
  const region = markedRegion({ columns, rows, covered: empty }, frame)
  const evidence = { coverage, stars: frame.stars.count }
  return [{ kind: 'cloud', severity, evidence, ...(region ? { region } : {}) }]
}

function kindOf(frame: FrameMeasurement, comparison: Comparison, veiled: boolean): CauseKind {
  const { clouds, sharpFwhmPx } = comparison
  if (isOcclusion(clouds.grid)) return 'occlusion'
  const bloated = sharpFwhmPx > 0 && frame.stars.fwhmPx > 1.12 * sharpFwhmPx
  return veiled && clouds.transparency > 0.6 && clouds.coverage < 0.2 && bloated ? 'haze' : 'cloud'
}

/** Solid things have a dead inside, reach in from the border and leave the rest of the frame clear. */
export function isOcclusion(grid: LocalGrid): boolean {
  const { transparency, covered } = grid
  const inside = transparency.filter((t, i): t is number => covered[i] === 1 && t !== null)
  const outside = transparency.filter((t, i): t is number => covered[i] === 0 && t !== null)
  if (inside.length === 0 || outside.length < 2) return false
  const dead = inside.filter((t) => t < DEAD_BELOW).length / inside.length
  return dead >= 0.6 && touchesBorder(grid) && median(outside) > 0.85
}

function touchesBorder({
  columns,
  rows,
  covered,
}: Pick<LocalGrid, 'columns' | 'rows' | 'covered'>): boolean {
  return covered.some((c, i) => {
    const column = i % columns
    const row = Math.floor(i / columns)
    return c === 1 && (column === 0 || row === 0 || column === columns - 1 || row === rows - 1)
  })
}

function markedRegion(
  { columns, rows, covered }: Pick<LocalGrid, 'columns' | 'rows' | 'covered'>,
  { width, height }: { readonly width: number; readonly height: number },
): Region | undefined {
  const cells = covered.flatMap((c, i) => (c === 1 ? [i] : []))
  if (cells.length === 0) return undefined
  const across = cells.map((i) => i % columns)
  const down = cells.map((i) => Math.floor(i / columns))
  return {
    x0: Math.floor((Math.min(...across) / columns) * width),
    y0: Math.floor((Math.min(...down) / rows) * height),
    x1: Math.ceil(((Math.max(...across) + 1) / columns) * width),
    y1: Math.ceil(((Math.max(...down) + 1) / rows) * height),
  }
}
