import { fractalNoise } from './fractal.ts'
import { type GridMap, makeGridMap } from './gridMap.ts'
import type { NebulaSpec } from './instrument.ts'
import { smoothstep } from './math.ts'

/** Light of gas over the frame, in electrons per pixel; `toField` turns pixels into places in the field. */
export function makeNebulaMap(
  size: { readonly width: number; readonly height: number },
  spec: NebulaSpec,
  seed: number,
  skyE: number,
  toField: (x: number, y: number) => { readonly u: number; readonly v: number },
): GridMap {
  const { brightness, scalePx, filaments = 0.3 } = spec
  const soft = { seed, octaves: 6, persistence: 0.52 }
  const threads = { seed: seed + 1, octaves: 5, persistence: 0.55, ridged: true }
  return makeGridMap(size, 8, (x, y) => {
    const { u, v } = toField(x, y)
    const cloud = smoothstep(-0.4, 1.8, fractalNoise(soft, u / scalePx, v / scalePx))
    if (filaments === 0) return skyE * brightness * cloud
    const bent = 0.36 * fractalNoise(soft, v / scalePx + 7, u / scalePx)
    const thread = smoothstep(
      0.2,
      2,
      fractalNoise(threads, (1.6 * u) / scalePx + bent, (1.6 * v) / scalePx - bent),
    )
    return skyE * brightness * ((1 - filaments) * cloud + filaments * thread * (0.25 + 1.5 * cloud))
  })
}
