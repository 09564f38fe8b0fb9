import { fractalNoise } from './fractal.ts'
import { type GridMap, makeGridMap } from './gridMap.ts'
import { cos, exp, log, radians, sin, smoothstep } from './math.ts'
import { inverseNormal } from './normal.ts'
import type { CloudSpec } from './types.ts'

/** Pixels between the nodes of the maps of the sky; nothing in it is sharper than several of them. */
export const skyCell = 16

/**
 * Transparency of a cloud layer over the frame, 0..1. Optical depth is a fractal pattern, drawn out along the wind
 * because clouds move during the exposure.
 */
export function makeCloudMap(
  size: { readonly width: number; readonly height: number },
  spec: CloudSpec,
): GridMap {
  const { coverage = 1, contrast = 0.15, scalePx = 400 } = spec
  const { driftPx = 0, driftDeg = 0, evolution = 0 } = spec
  const depth = -log(Math.max(spec.transparency, 0.005))
  const c = cos(radians(driftDeg))
  const s = sin(radians(driftDeg))
  const threshold = -inverseNormal(Math.min(0.999, Math.max(0.001, coverage)))
  const noise = { seed: spec.seed, octaves: 5, persistence: 0.45 }
  return makeGridMap(size, skyCell, (x, y) => {
    const along = (x * c + y * s - driftPx) / (3 * scalePx)
    const across = (y * c - x * s) / scalePx
    const value = fractalNoise(noise, along, across, evolution)
    const patch = smoothstep(threshold - 0.65, threshold + 1.2, value)
    const veil = Math.max(0, 1 + 0.35 * value)
    return exp(
      -depth * (contrast * patch + (1 - contrast) * (coverage > 0.5 ? veil : veil * patch)),
    )
  })
}
