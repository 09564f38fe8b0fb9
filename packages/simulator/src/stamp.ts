import { type Psf, radiusWhere, wingAt } from './psf.ts'
import type { Plane } from './types.ts'

const weightX = new Float64Array(4)
const weightY = new Float64Array(4)

/**
 * Adds a star of the given flux at (x, y), anywhere between pixel centres, as far as it gives a pixel more than
 * `faintest`. Between samples the image is interpolated by cubic convolution (Keys 1981), whose weights sum to 1,
 * so the flux does not depend on the place.
 */
export function addStar(
  plane: Plane,
  psf: Psf,
  x: number,
  y: number,
  flux: number,
  faintest: number,
): void {
  const radius = Math.max(1.5, radiusWhere(psf, faintest / flux))
  addCore(plane, psf, x, y, flux, Math.min(radius, psf.corePx))
  if (radius > psf.corePx) addWing(plane, psf, x, y, flux, radius)
}

function addCore(plane: Plane, psf: Psf, x: number, y: number, flux: number, radius: number): void {
  const { data, width, height } = plane
  const { oversample, half, size, values } = psf
  const xFirst = Math.max(0, Math.ceil(x - radius))
  const xLast = Math.min(width - 1, Math.floor(x + radius))
  const yFirst = Math.max(0, Math.ceil(y - radius))
  const yLast = Math.min(height - 1, Math.floor(y + radius))
  if (xFirst > xLast || yFirst > yLast) return
  // Steps of a pixel are whole samples, so the weights are the same for all pixels of the stamp.
  const gx = (xFirst - x) * oversample + half
  const gy = (yFirst - y) * oversample + half
  const i0 = Math.floor(gx)
  const j0 = Math.floor(gy)
  cubicWeights(gx - i0, weightX)
  cubicWeights(gy - j0, weightY)
  const a = weightX[0]!
  const b = weightX[1]!
  const c = weightX[2]!
  const d = weightX[3]!
  for (let py = yFirst, j = j0; py <= yLast; py++, j += oversample) {
    const reach = Math.sqrt(Math.max(0, radius * radius - (py - y) * (py - y)))
    const from = Math.max(xFirst, Math.ceil(x - reach))
    const to = Math.min(xLast, Math.floor(x + reach))
    for (let px = from; px <= to; px++) {
      const i = i0 + (px - xFirst) * oversample
      let sum = 0
      for (let k = 0, at = (j - 1) * size + i - 1; k < 4; k++, at += size) {
        sum +=
          weightY[k]! *
          (a * values[at]! + b * values[at + 1]! + c * values[at + 2]! + d * values[at + 3]!)
      }
      data[py * width + px] = data[py * width + px]! + flux * sum
    }
  }
}

function addWing(plane: Plane, psf: Psf, x: number, y: number, flux: number, radius: number): void {
  const { data, width, height } = plane
  const core2 = psf.corePx * psf.corePx
  const yLast = Math.min(height - 1, Math.floor(y + radius))
  for (let py = Math.max(0, Math.ceil(y - radius)); py <= yLast; py++) {
    const dy2 = (py - y) * (py - y)
    const reach = Math.sqrt(Math.max(0, radius * radius - dy2))
    const to = Math.min(width - 1, Math.floor(x + reach))
    for (let px = Math.max(0, Math.ceil(x - reach)); px <= to; px++) {
      const r2 = (px - x) * (px - x) + dy2
      if (r2 <= core2) continue
      const value = wingAt(psf.wing, Math.sqrt(r2))
      data[py * width + px] = data[py * width + px]! + flux * value
    }
  }
}

function cubicWeights(t: number, out: Float64Array): void {
  out[0] = t * (-0.5 + t * (1 - 0.5 * t))
  out[1] = 1 + t * t * (-2.5 + 1.5 * t)
  out[2] = t * (0.5 + t * (2 - 1.5 * t))
  out[3] = t * t * (-0.5 + 0.5 * t)
}
