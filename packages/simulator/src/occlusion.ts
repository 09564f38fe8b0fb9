import { fractalNoise } from './fractal.ts'
import { type GridMap, makeGridMap, quantileOf } from './gridMap.ts'
import { cos, radians, sin, smoothstep } from './math.ts'
import type { OcclusionSpec } from './types.ts'

/** Share of the light that is blocked, over the frame: 0 free, 1 behind roof, dome or tree. */
export function makeOcclusionMap(
  size: { readonly width: number; readonly height: number },
  spec: OcclusionSpec,
): GridMap {
  const { softnessPx = 60, roughness = 0, fraction, angleDeg } = spec
  const c = cos(radians(angleDeg))
  const s = sin(radians(angleDeg))
  const noise = { seed: spec.seed, octaves: 4, persistence: 0.5 }
  const raggedPx = roughness * 0.22 * Math.min(size.width, size.height)
  // Nothing so near is in focus: leaves are no sharper than the edge.
  const leafPx = Math.max(120, 1.5 * softnessPx)
  // Height over the edge, before we know where the edge has to be to cover the wanted share.
  const heights = makeGridMap(size, 8, (x, y) => {
    const towards = x * c + y * s
    const along = y * c - x * s
    const bow = (along * along) / (12 * Math.max(size.width, size.height))
    const ragged = raggedPx * fractalNoise(noise, x / leafPx, y / leafPx)
    return towards - bow + ragged
  })
  if (fraction <= 0) return { ...heights, values: heights.values.map(() => 0) }
  const edge = quantileOf(heights, 1 - Math.min(fraction, 1))
  const soft = fraction >= 1 ? 1e-3 : softnessPx
  const values = heights.values.map((h) => smoothstep(edge - soft / 2, edge + soft / 2, h))
  return { ...heights, values: fraction >= 1 ? values.fill(1) : values }
}
