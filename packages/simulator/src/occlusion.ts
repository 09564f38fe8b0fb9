import { fractalNoise } from './fractal.ts'
import { type GridMap, makeGridMap, quantileOf } from './gridMap.ts'
import { clamp, cos, radians, sin, smoothstep } from './math.ts'
import type { OcclusionSpec } from './types.ts'

/**
 * Share of the light that is blocked, over the frame: 0 free, 1 behind roof, dome or tree. Its outline is sharp at
 * first; then the out-of-focus aperture blurs it over `softnessPx`.
 */
export function makeOcclusionMap(
  size: { readonly width: number; readonly height: number },
  spec: OcclusionSpec,
): GridMap {
  const { softnessPx = 60, fraction } = spec
  const cell = 8 << clamp(Math.floor(softnessPx / 150), 0, 3)
  if (fraction <= 0 || fraction >= 1) return makeGridMap(size, cell, () => (fraction > 0 ? 1 : 0))
  const height = heightOver(size, spec)
  const edge = quantileOf(makeGridMap(size, cell, height), 1 - fraction)
  // What lies beyond the frame is blurred into it.
  const margin = Math.ceil(softnessPx / 2 / cell)
  const wide = { width: size.width + 2 * margin * cell, height: size.height + 2 * margin * cell }
  const sharp = makeGridMap(wide, cell, (x, y) =>
    smoothstep(edge - cell / 2, edge + cell / 2, height(x - margin * cell, y - margin * cell)),
  )
  const soft = blurredOver(sharp, softnessPx)
  return makeGridMap(size, cell, (x, y) => {
    return soft.values[(y / cell + margin) * soft.columns + x / cell + margin]!
  })
}

/** How far a place lies behind the obstacle's outline, but for a constant; in pixels. */
function heightOver(
  size: { readonly width: number; readonly height: number },
  { angleDeg, roughness = 0, seed }: OcclusionSpec,
): (x: number, y: number) => number {
  const c = cos(radians(angleDeg))
  const s = sin(radians(angleDeg))
  const noise = { seed, octaves: 5, persistence: 0.6 }
  const raggedPx = roughness * 0.16 * Math.min(size.width, size.height)
  const leafPx = 0.3 * Math.min(size.width, size.height)
  const bowPx = 12 * Math.max(size.width, size.height)
  return (x, y) => {
    const along = y * c - x * s
    const ragged = raggedPx === 0 ? 0 : raggedPx * fractalNoise(noise, x / leafPx, y / leafPx)
    return x * c + y * s - (along * along) / bowPx + ragged
  }
}

/** Two running means along rows and columns: a smooth hump that is `widthPx` wide in all. */
function blurredOver(map: GridMap, widthPx: number): GridMap {
  const { columns, rows } = map
  const reach = Math.floor(widthPx / 4 / map.cell)
  let values = map.values
  for (let pass = 0; pass < 2; pass++) {
    values = meanAlong(
      values,
      { count: rows, stride: columns },
      { count: columns, stride: 1 },
      reach,
    )
    values = meanAlong(
      values,
      { count: columns, stride: 1 },
      { count: rows, stride: columns },
      reach,
    )
  }
  return { ...map, values }
}

interface Axis {
  readonly count: number
  readonly stride: number
}

function meanAlong(values: Float32Array, lines: Axis, along: Axis, reach: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let line = 0; line < lines.count; line++) {
    const start = line * lines.stride
    const at = (i: number) => values[start + clamp(i, 0, along.count - 1) * along.stride]!
    let sum = 0
    for (let i = -reach; i <= reach; i++) sum += at(i)
    for (let i = 0; i < along.count; i++) {
      out[start + i * along.stride] = sum / (2 * reach + 1)
      sum += at(i + reach + 1) - at(i - reach)
    }
  }
  return out
}
