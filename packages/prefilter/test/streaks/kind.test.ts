import { expect, it } from 'vitest'
import { lineAt, search } from './helpers/search.ts'
import { addStar, addTrail, noisePlane } from './helpers/sky.ts'

const size = 500

function kinds(draw: (plane: ReturnType<typeof noisePlane>) => void): string[] {
  const plane = noisePlane(size, size, 31)
  draw(plane)
  return search(plane).streaks.map(({ kind }) => kind)
}

it('calls a steady trail a satellite', () => {
  expect(kinds((plane) => addTrail(plane, { ...lineAt(plane, 30, 900), peak: 3 }))).toEqual([
    'satellite',
  ])
})

it('calls a trail that swells and fades within the frame a meteor', () => {
  const light = (share: number) => share ** 1.5 * Math.exp(-(((share - 0.7) / 0.25) ** 2))
  expect(kinds((plane) => addTrail(plane, { ...lineAt(plane, 50, 300), peak: 40, light }))).toEqual(
    ['meteor'],
  )
})

it('calls an evenly flashing trail an airplane', () => {
  const drawn = kinds((plane) => {
    addTrail(plane, { ...lineAt(plane, 20, 900), peak: 4 })
    for (let t = -5; t <= 5; t++) {
      const [x, y] = [250 + 45 * t * Math.cos(0.349), 250 + 45 * t * Math.sin(0.349)]
      addStar(plane, { x, y, peak: 30, fwhm: 3.5 })
    }
  })
  expect(drawn).toEqual(['airplane'])
})

it('calls two close lines one airplane, whether kept as one or two', () => {
  for (const apart of [6, 9]) {
    const drawn = kinds((plane) => {
      addTrail(plane, { ...lineAt(plane, 65, 900, [apart / 2, 0]), peak: 6, fwhm: 2 })
      addTrail(plane, { ...lineAt(plane, 65, 900, [-apart / 2, 0]), peak: 5, fwhm: 2 })
    })
    expect(new Set(drawn)).toEqual(new Set(['airplane']))
  }
})

it('calls a broad, defocused trail an airplane', () => {
  const drawn = kinds((plane) => addTrail(plane, { ...lineAt(plane, 110, 900), peak: 6, fwhm: 16 }))
  expect(drawn).toEqual(['airplane'])
})
