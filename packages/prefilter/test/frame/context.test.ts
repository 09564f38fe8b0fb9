import { describe, expect, it } from 'vitest'
import { frameContext } from '../../src/frame/context.ts'

const size = { width: 6248, height: 4176 }
const context = (
  cards: Record<string, unknown>,
  plane: Parameters<typeof frameContext>[1] = size,
) => frameContext((keyword) => cards[keyword], plane)

describe('frameContext', () => {
  it('reads what N.I.N.A. writes', () => {
    const nina = {
      IMAGETYP: 'LIGHT',
      OBJECT: 'M 31',
      FILTER: 'L',
      EXPOSURE: 120,
      EXPTIME: 120,
      GAIN: 100,
      XBINNING: 1,
      INSTRUME: 'ZWO ASI2600MM Pro',
      'DATE-OBS': '2025-10-12T21:30:00.500',
      FOCALLEN: 530,
      XPIXSZ: 3.76,
      AIRMASS: 1.2,
    }
    expect(context(nina)).toEqual({
      sessionKey: 'M 31 | L | 120 s | gain 100 | bin 1 | ZWO ASI2600MM Pro | 6248x4176',
      kind: 'light',
      timeMs: Date.UTC(2025, 9, 12, 21, 31, 0, 500),
      exposureS: 120,
      arcsecPerPx: (206.265 * 3.76) / 530,
      airmass: 1.2,
    })
  })

  it('makes do with nothing', () => {
    expect(context({})).toEqual({
      sessionKey:
        'unnamed target | no filter | unknown exposure | unknown gain | bin 1 | unknown camera | 6248x4176',
      kind: 'light',
    })
  })

  it.each([
    ['Bias Frame', 'bias'],
    ['zero', 'bias'],
    ['Dark Frame', 'dark'],
    ['DARKFLAT', 'flat'],
    ['Flat Field', 'flat'],
    ['Light Frame', 'light'],
    ['object', 'light'],
  ])('knows a %s', (type, kind) => expect(context({ IMAGETYP: type }).kind).toBe(kind))

  it.each([
    [{ 'DATE-OBS': '2018-10-12', 'TIME-OBS': '03:04:05' }, Date.UTC(2018, 9, 12, 3, 4, 5)],
    [{ 'DATE-OBS': '2018-10-12T03:04:05', EXPTIME: '10' }, Date.UTC(2018, 9, 12, 3, 4, 10)],
    [
      { 'DATE-AVG': '2018-10-12T03:04:05', 'DATE-OBS': 'x', EXPTIME: 9 },
      Date.UTC(2018, 9, 12, 3, 4, 5),
    ],
    [{ 'MJD-OBS': 58403.5 }, Date.UTC(2018, 9, 12, 12)],
    [{ JD: 2458404 }, Date.UTC(2018, 9, 12, 12)],
    [{ 'DATE-OBS': '12/10/98' }, undefined],
    [{ 'DATE-OBS': '2018-99-99T00:00:00' }, undefined],
  ])('reads the time of %j', (cards, timeMs) => expect(context(cards).timeMs).toBe(timeMs))

  it('reads the plate scale from matrix, increments or words, never from a spectrum', () => {
    expect(context({ CTYPE1: 'RA---TAN', CD1_1: 3e-4, CD2_1: -4e-4 }).arcsecPerPx).toBeCloseTo(1.8)
    expect(context({ CTYPE1: 'RA---TAN', CDELT1: -5e-4 }).arcsecPerPx).toBeCloseTo(1.8)
    expect(context({ CTYPE1: 'LAMBDA', CDELT1: 5e-4 }).arcsecPerPx).toBeUndefined()
    expect(context({ PIXSCALE: 0.7 }, { ...size, step: 2 }).arcsecPerPx).toBeCloseTo(1.4)
  })

  it('takes the air mass from the altitude where there is none', () => {
    expect(context({ OBJCTALT: 30 }).airmass).toBeCloseTo(2)
    expect(context({ OBJCTALT: 3 }).airmass).toBeUndefined()
  })

  it('takes a stated saturation', () =>
    expect(context({ SATURATE: 50000n }).saturation).toBe(50000))
})
