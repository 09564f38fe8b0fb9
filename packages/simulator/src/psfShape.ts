import { atan2, cos, pi, sin } from './math.ts'
import type { Psf } from './psf.ts'

/** Size and form of a star image as a measuring program would see it. */
export interface PsfShape {
  readonly fwhmPx: number
  readonly hfrPx: number
  /** Long over short axis of the image above a tenth of its peak. */
  readonly elongation: number
  readonly eccentricity: number
  readonly elongationDeg: number
}

/** Measures a star image on its fine samples. */
export function measurePsf(psf: Psf): PsfShape {
  return { fwhmPx: measureWidth(psf), hfrPx: measureHalfFlux(psf), ...measureMoments(psf) }
}

/** Rays on which the edge of a star image is looked for. */
const rays = 64

/**
 * Diameter of the disc with the area inside half of the peak; the hole of a ring counts as inside. Rays start at the
 * peak, which is inside even where a gust left two images and their common centre lies in the dark between them.
 */
function measureWidth(psf: Psf): number {
  const { values, half, size, oversample } = psf
  const peak = peakIndex(values)
  const level = values[peak]! / 2
  const x = peak % size
  const y = Math.floor(peak / size)
  let area = 0
  for (let ray = 0; ray < rays; ray++) {
    const angle = (2 * pi * ray) / rays
    const c = cos(angle)
    const s = sin(angle)
    const at = (r: number) => sampleAt(psf, x + r * c, y + r * s)
    let r = 3 * half
    while (r > 0 && at(r) < level) r -= 0.25
    const edge = r + (0.25 * (at(r) - level)) / (at(r) - at(r + 0.25))
    area += (pi / rays) * edge * edge
  }
  return (2 * Math.sqrt(area / pi)) / oversample
}

/** Value between samples, linear; nothing beyond them. */
function sampleAt({ values, size }: Psf, x: number, y: number): number {
  const i = Math.floor(x)
  const j = Math.floor(y)
  if (i < 0 || j < 0 || i >= size - 1 || j >= size - 1) return 0
  const at = j * size + i
  const top = values[at]! + (values[at + 1]! - values[at]!) * (x - i)
  const bottom = values[at + size]! + (values[at + size + 1]! - values[at + size]!) * (x - i)
  return top + (bottom - top) * (y - j)
}

function measureMoments({ values, size, oversample }: Psf): Omit<PsfShape, 'fwhmPx' | 'hfrPx'> {
  const floor = 0.1 * values[peakIndex(values)]!
  let sum = 0
  let sx = 0
  let sy = 0
  let sxx = 0
  let syy = 0
  let sxy = 0
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const value = values[j * size + i]!
      if (value < floor) continue
      sum += value
      sx += value * i
      sy += value * j
      sxx += value * i * i
      syy += value * j * j
      sxy += value * i * j
    }
  }
  const pixels = oversample * oversample
  const xx = (sxx / sum - (sx / sum) * (sx / sum)) / pixels
  const yy = (syy / sum - (sy / sum) * (sy / sum)) / pixels
  const xy = (sxy / sum - (sx * sy) / (sum * sum)) / pixels
  const mean = (xx + yy) / 2
  const spread = Math.sqrt(((xx - yy) / 2) * ((xx - yy) / 2) + xy * xy)
  const ratio = (mean - spread) / (mean + spread)
  return {
    elongation: 1 / Math.sqrt(ratio),
    eccentricity: Math.sqrt(1 - ratio),
    elongationDeg: (0.5 * atan2(2 * xy, xx - yy) * 180) / pi,
  }
}

/** Radius that holds half of the light within 10 px or four widths, as half-flux meters do. */
function measureHalfFlux({ values, size, half, oversample, corePx }: Psf): number {
  const rings = new Float64Array(Math.ceil(corePx * 20) + 1)
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const r = Math.sqrt((i - half) * (i - half) + (j - half) * (j - half)) / oversample
      if (r <= corePx) rings[Math.floor(r * 20)]! += values[j * size + i]!
    }
  }
  const total = rings.reduce((sum, ring) => sum + ring, 0)
  let passed = 0
  const ring = rings.findIndex((light) => {
    passed += light
    return passed >= total / 2
  })
  return ring / 20
}

function peakIndex(values: Float32Array): number {
  let peak = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[peak]!) peak = i
  return peak
}
