import { skyCell } from './cloudLayer.ts'
import { type GridMap, makeGridMap } from './gridMap.ts'
import type { Telescope } from './instrument.ts'
import { smoothstep } from './math.ts'
import { randomStream } from './random.ts'
import type { Plane } from './types.ts'

/** Share of the light that reaches each pixel: falls towards the corners about as cos^4, 1 in the middle. */
export function makeVignettingMap(
  size: { readonly width: number; readonly height: number },
  telescope: Telescope,
): GridMap {
  const random = randomStream(telescope.sensorSeed, 'vignetting')
  const cx = (size.width - 1) / 2 + 0.06 * size.width * random.normal()
  const cy = (size.height - 1) / 2 + 0.06 * size.height * random.normal()
  const corner2 = (size.width * size.width + size.height * size.height) / 4
  return makeGridMap(size, skyCell, (x, y) => {
    const r2 = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / corner2
    return Math.max(0.05, 1 - telescope.vignetting * r2 * (0.7 + 0.3 * r2))
  })
}

/** Dust on window and filter: each grain casts the out-of-focus shadow of the aperture, a soft dark ring. */
export function shadeDust(plane: Plane, telescope: Telescope): void {
  const random = randomStream(telescope.sensorSeed, 'dust')
  for (let mote = 0; mote < telescope.dustMotes; mote++) {
    const x = random.uniform() * plane.width
    const y = random.uniform() * plane.height
    const radius = random.logRange(7, 34)
    const depth = random.logRange(0.006, 0.05)
    const hole = radius * Math.max(0.12, telescope.obstruction) * random.range(0.8, 1.1)
    shade(plane, x, y, radius, hole, depth)
  }
}

function shade(
  plane: Plane,
  x: number,
  y: number,
  radius: number,
  hole: number,
  depth: number,
): void {
  const { data, width, height } = plane
  const soft = 0.18 * radius + 1
  const reach = radius + soft
  const yLast = Math.min(height - 1, Math.floor(y + reach))
  const xLast = Math.min(width - 1, Math.floor(x + reach))
  for (let py = Math.max(0, Math.ceil(y - reach)); py <= yLast; py++) {
    for (let px = Math.max(0, Math.ceil(x - reach)); px <= xLast; px++) {
      const r = Math.sqrt((px - x) * (px - x) + (py - y) * (py - y))
      const inside = 1 - smoothstep(radius - soft, radius + soft, r)
      const clear = 1 - smoothstep(hole - soft, hole + soft, r)
      const shadow = depth * inside * (1 - 0.8 * clear)
      data[py * width + px] = data[py * width + px]! * (1 - shadow)
    }
  }
}
