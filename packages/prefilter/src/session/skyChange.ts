import { spread, surfaceRest } from '../clouds/surface.ts'
import type { FrameMeasurement } from '../frame/measurement.ts'
import { median } from '../statistics/robust.ts'
import { groupBy } from './group.ts'
import type { Transform } from './transform.ts'

/** How the sky's structure differs from the session's usual one. */
export interface SkyChange {
  /** Structure against that of a usual frame: about 1, up to 2 for the Moon's or dawn's own. 0 where unknown. */
  readonly ratio: number
  /** Coarse cells that stand out, 1 else 0, on the grid of the background's cells. */
  readonly cells: readonly number[]
}

/** Frames with the same orientation that it takes to know the usual structure. */
const ENOUGH_FRAMES = 6
/** Spread of a coarse sky that is nothing but noise, in units of the noise of one pixel; smaller is rounding. */
const LEAST_SPREAD = 0.04
/** Frames shifted by less than this share of the frame see the same sky in a cell. */
const SAME_PLACE = 0.06

/**
 * Something before the sky (a roof, a tree, a bank of cloud) changes its structure long before it hides many
 * stars. Each frame's coarse sky is freed of any smooth surface and of the session's usual pattern
 * (vignetting, nebula) in any strength; what is left is compared with what is left in the others.
 */
export function skyChanges(
  session: readonly FrameMeasurement[],
  poses: readonly (Transform | undefined)[],
): SkyChange[] {
  const unknown: SkyChange = { ratio: 0, cells: [] }
  const changes = new Array<SkyChange>(session.length).fill(unknown)
  const placed = session.flatMap((_, i) => (poses[i] ? [i] : []))
  const keys = placed.map((i) => poseKey(poses[i]!, session[i]))
  for (const members of groupBy(keys, (key) => key)) {
    const group = members.map((k) => placed[k])
    if (group.length < ENOUGH_FRAMES) continue
    const compared = compareStructure(group.map((i) => session[i]))
    group.forEach((i, k) => {
      changes[i] = compared[k]
    })
  }
  return changes
}

function compareStructure(group: readonly FrameMeasurement[]): SkyChange[] {
  const { cells: first } = group[0].background
  if (first.columns < 4 || first.rows < 4) return group.map(() => ({ ratio: 0, cells: [] }))
  const relative = group.map(({ background }) =>
    background.cells.values.map((v) => v / (background.level || 1)),
  )
  const usual = first.values.map((_, i) => median(relative.map((map) => map[i])))
  const rests = relative.map((values) => surfaceRest({ ...first, values }, [usual]))
  const spreads = rests.map(spread)
  const floor = median(group.map(({ background: { rms, level } }) => rms / (Math.abs(level) || 1)))
  const typical = Math.max(median(spreads), LEAST_SPREAD * floor)
  return rests.map((rest, k) => ({
    ratio: typical > 0 ? spreads[k] / typical : 0,
    cells: standingOut(rest, typical),
  }))
}

/** Cells well beyond what is usual, and not merely the swing of the surface around them. */
function standingOut(rest: readonly number[], typical: number): number[] {
  const most = Math.max(...rest.map(Math.abs))
  return rest.map((v) => (Math.abs(v) > Math.max(2 * typical, 0.5 * most) ? 1 : 0))
}

function poseKey({ cos, sin, dx, dy }: Transform, { width, height }: FrameMeasurement): string {
  const turn = Math.round(Math.atan2(sin, cos) / 0.1)
  // The centre's place tells shift apart from turn.
  const x = cos * (width / 2) - sin * (height / 2) + dx - width / 2
  const y = sin * (width / 2) + cos * (height / 2) + dy - height / 2
  return [
    Math.abs(turn),
    Math.round(x / (SAME_PLACE * width)),
    Math.round(y / (SAME_PLACE * height)),
  ].join()
}
