import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { measureBackground } from '../../src/background/measure.ts'
import { backgroundAt, normaliseByNoise } from '../../src/background/smooth.ts'
import { findStars } from '../../src/stars/find.ts'
import { measurePsf } from '../../src/stars/psf.ts'
import { starField, type TestField } from '../helpers/starField.ts'

interface Reference {
  readonly field: TestField
  readonly checksum: number
  readonly background: { level: number; rms: number; centre: number; left: number }
  readonly count: number
  readonly fwhmPx: number
  readonly axisRatio: number
  readonly hfrPx: number
  readonly fluxes: readonly { x: number; y: number; flux: number }[]
}

const file = new URL('../../../../tests/reference/prefilter/values/stars.json', import.meta.url)
const { fields } = JSON.parse(readFileSync(file, 'utf8')) as { fields: Record<string, Reference> }

describe.each(Object.entries(fields))('%s field, as SEP and astropy measure it', (_, wanted) => {
  const plane = starField(wanted.field)
  const model = measureBackground(plane)
  const residual = normaliseByNoise(plane, model)
  const stars = findStars(residual, model)
  const psf = measurePsf(residual, stars)

  it('is the same frame', () => {
    const sum = plane.data.reduce((total, value) => total + value, 0)
    // The last bit of a cosine may round a pixel the other way.
    expect(Math.abs(sum - wanted.checksum)).toBeLessThan(10)
  })

  it('has the same background', () => {
    const { level, rms, centre, left } = wanted.background
    expect(Math.abs(model.globalLevel - level)).toBeLessThan(0.15 * rms)
    expect(model.globalRms / rms).toBeGreaterThan(0.95)
    expect(model.globalRms / rms).toBeLessThan(1.05)
    const { height } = plane
    expect(Math.abs(backgroundAt(model, height / 2, height / 2).level - centre)).toBeLessThan(
      0.25 * rms,
    )
    expect(Math.abs(backgroundAt(model, 8, height / 2).level - left)).toBeLessThan(0.35 * rms)
  })

  it('has as many stars within 15 %', () => {
    expect(stars.count / wanted.count).toBeGreaterThan(0.85)
    expect(stars.count / wanted.count).toBeLessThan(1.15)
  })

  it('has the same star image within 5 %', () => {
    expect(psf.fwhmPx / wanted.fwhmPx).toBeGreaterThan(0.95)
    expect(psf.fwhmPx / wanted.fwhmPx).toBeLessThan(1.05)
    expect(psf.hfrPx / wanted.hfrPx).toBeGreaterThan(0.95)
    expect(psf.hfrPx / wanted.hfrPx).toBeLessThan(1.05)
    const ratio = 1 / Math.sqrt(1 - psf.eccentricity ** 2)
    expect(Math.abs(ratio - wanted.axisRatio)).toBeLessThan(0.05)
  })

  it('has the same light of bright stars within 5 %', () => {
    for (const { x, y, flux } of wanted.fluxes) {
      let nearest = 0
      for (let i = 1; i < stars.count; i++) {
        const closer = Math.hypot(stars.x[i]! - x, stars.y[i]! - y)
        if (closer < Math.hypot(stars.x[nearest]! - x, stars.y[nearest]! - y)) nearest = i
      }
      expect(Math.hypot(stars.x[nearest]! - x, stars.y[nearest]! - y)).toBeLessThan(0.3)
      if (stars.flags[nearest] !== 0) continue
      expect(Math.abs(stars.flux[nearest]! / flux - 1)).toBeLessThan(0.05)
    }
  })

  it.runIf(wanted.axisRatio > 1.3)('points where the stars were drawn out', () => {
    expect(Math.abs(psf.elongationDeg - wanted.field.stars![0]!.thetaDeg!)).toBeLessThan(2)
    expect(psf.elongationCoherence).toBeGreaterThan(0.9)
  })
})
