import { join } from 'node:path'
import type { Plane } from '@nebulift/fits'
import { planNight, simulateFrame } from '@nebulift/simulator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looksLikeMosaic, mosaicBands } from '../../src/frame/mosaic.ts'
import { readFrame } from '../../src/frame/readFrame.ts'
import { fitsOf } from '../frames.ts'
import { fill, nebulift, temporaryFolder } from '../helpers.ts'

const size = { width: 160, height: 120 }
const skies = Array.from({ length: 12 }, (_, i) => i + 1)

/** The bands of a plane whose pixels are changed by `add(column parity, row parity)` times its noise. */
function bandsOf(plane: Plane, noise = 0, add: (x: number, y: number) => number = () => 0) {
  return mosaicBands(plane.height).map((top): Plane => {
    const data = Float32Array.from({ length: 2 * plane.width }, (_, i) => {
      const x = i % plane.width
      const y = top + Math.floor(i / plane.width)
      return plane.data[y * plane.width + x]! + noise * add(x & 1, y & 1)
    })
    return { data, width: plane.width, height: 2 }
  })
}

/** Noise of any size around any level, in whole numbers or not. */
function noisePlane(seed: number, sigma: number, whole: boolean): Plane {
  let state = (seed % 2_147_483_646) + 1
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const data = Float32Array.from({ length: size.width * size.height }, () => {
    const value = 1000.3 + sigma * (uniform() + uniform() + uniform() + uniform() - 2) * 1.73
    return whole ? Math.round(value) : value
  })
  return { data, ...size }
}

/** A frame of a simulated night with stars, gradients, hot pixels, and its noise. */
function simulated(seed: number): { plane: Plane; noise: number } {
  const spec = planNight({ seed, frames: 4, ...size })[seed % 4]!
  const { plane, truth } = simulateFrame(spec)
  return { plane, noise: truth.noiseAdu }
}

describe('mosaics that no header names', () => {
  it('are never seen in plain noise', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0.2, max: 300, noNaN: true }),
        fc.boolean(),
        (seed, sigma, whole) => {
          expect(looksLikeMosaic(bandsOf(noisePlane(seed, sigma, whole)))).toBe(false)
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each(skies)('are not seen in a simulated sky (seed %i)', (seed) => {
    const { plane } = simulated(seed)
    expect(looksLikeMosaic(bandsOf(plane))).toBe(false)
  })

  it('are not seen in uneven columns and rows, alone or together', () => {
    const step = fc.double({ min: -5, max: 5, noNaN: true })
    const planes = skies.map(simulated)
    fc.assert(
      fc.property(fc.constantFrom(...planes), step, step, ({ plane, noise }, column, row) => {
        const bands = bandsOf(plane, noise, (x, y) => column * x + row * y)
        expect(looksLikeMosaic(bands)).toBe(false)
      }),
    )
  })

  it('are seen whatever their pattern, colours and sky', () => {
    const colour = fc.double({ min: 0.4, max: 6, noNaN: true })
    const planes = skies.map(simulated)
    fc.assert(
      fc.property(
        fc.constantFrom(...planes),
        fc.constantFrom([0, 0], [1, 0], [0, 1], [1, 1]),
        fc.record({ red: colour, blue: colour, sign: fc.constantFrom(-1, 1) }),
        ({ plane, noise }, [left, top], { red, blue, sign }) => {
          const bands = bandsOf(plane, noise, (x, y) => {
            if (x === left && y === top) return sign * red
            return x !== left && y !== top ? sign * blue : 0
          })
          expect(looksLikeMosaic(bands)).toBe(true)
        },
      ),
    )
  })

  it('need enough pixels, and pixels that are numbers', () => {
    const { plane, noise } = simulated(3)
    const mosaic = (x: number, y: number) => (x === y ? -3 - x : 0)
    expect(looksLikeMosaic(bandsOf(plane, noise, mosaic))).toBe(true)
    expect(looksLikeMosaic(bandsOf(plane, noise, mosaic).slice(0, 4))).toBe(false)
    expect(looksLikeMosaic(bandsOf(plane, Number.NaN, mosaic))).toBe(false)
    expect(looksLikeMosaic([])).toBe(false)
    expect(looksLikeMosaic(bandsOf({ ...plane, data: plane.data.map(() => 7) }))).toBe(false)
  })
})

describe('a colour camera that leaves BAYERPAT out', () => {
  const { plane, noise } = simulated(5)
  const data = Float32Array.from(plane.data, (value, i) => {
    const [x, y] = [(i % size.width) & 1, Math.floor(i / size.width) & 1]
    return value + noise * (x !== y ? 0 : x === 0 ? -1 : -2)
  })
  const shape = [size.width, size.height]

  it('is read as a mosaic, and said to be one', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'colour.fits': fitsOf(data, shape), 'grey.fits': fitsOf(plane.data, shape) })
    const [colour, grey] = ['colour.fits', 'grey.fits'].map((name) => join(folder, name))
    expect(await readFrame(colour!)).toMatchObject({ factor: 2, mosaic: 'pixels', width: 160 })
    expect(await readFrame(grey!)).not.toHaveProperty('mosaic')
    const note = 'the pixels form a mosaic'
    const inspected = await nebulift(['inspect', colour!, grey!])
    expect(inspected.out.split(note)).toHaveLength(2)
    const [first, second] = (await nebulift(['inspect', '--json', colour!, grey!])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(first.hdus[0].mosaicAssumed).toBe(true)
    expect(second.hdus[0]).not.toHaveProperty('mosaicAssumed')
    const png = join(folder, 'look.png')
    expect((await nebulift(['--verbose', 'preview', colour!, '-o', png])).err).toContain(note)
    expect((await nebulift(['--verbose', 'analyze', colour!, '--jobs', '1'])).err).toContain(note)
  })

  it('is believed where the header speaks', async () => {
    const folder = temporaryFolder()
    fill(folder, {
      'named.fits': fitsOf(data, shape, [['BAYERPAT', 'RGGB', '']]),
      'none.fits': fitsOf(data, shape, [['BAYERPAT', 'NONE', '']]),
    })
    expect(await readFrame(join(folder, 'named.fits'))).toMatchObject({ mosaic: 'header' })
    expect(await readFrame(join(folder, 'none.fits'))).toMatchObject({ factor: 1 })
    expect((await nebulift(['inspect', join(folder, 'none.fits')])).out).not.toContain('mosaic')
  })
})
