import type { Plane } from '../../../src/plane.ts'
import type { StarCatalog } from '../../../src/stars/catalog.ts'
import { findStreaks, type StreakSearch } from '../../../src/streaks/find.ts'
import type { FindStreaksOptions } from '../../../src/streaks/options.ts'
import type { Streak } from '../../../src/verdict/assessment.ts'
import { catalogOf, flatModel, type TestStar } from './sky.ts'

export function search(
  plane: Plane,
  stars: readonly TestStar[] | StarCatalog = [],
  options?: FindStreaksOptions,
): StreakSearch {
  const catalog = 'count' in stars ? stars : catalogOf(stars)
  return findStreaks({ residual: plane, model: flatModel(plane), stars: catalog }, options)
}

/** Mean distance of the ends, whichever way round. */
export function endError(streak: Streak, ends: Pick<Streak, 'x0' | 'y0' | 'x1' | 'y1'>): number {
  const apart = (x0: number, y0: number, x1: number, y1: number) =>
    Math.hypot(streak.x0 - x0, streak.y0 - y0) + Math.hypot(streak.x1 - x1, streak.y1 - y1)
  const { x0, y0, x1, y1 } = ends
  return Math.min(apart(x0, y0, x1, y1), apart(x1, y1, x0, y0)) / 2
}

/** A line through the middle of a frame. */
export function lineAt(
  { width, height }: Plane,
  angleDeg: number,
  length: number,
  shift: readonly [number, number] = [0, 0],
) {
  const angle = (angleDeg * Math.PI) / 180
  const [dx, dy] = [(Math.cos(angle) * length) / 2, (Math.sin(angle) * length) / 2]
  const [x, y] = [width / 2 + shift[0], height / 2 + shift[1]]
  return { x0: x - dx, y0: y - dy, x1: x + dx, y1: y + dy }
}

export function reasons({ rejected }: StreakSearch): string[] {
  return rejected.map(({ reason }) => reason)
}
