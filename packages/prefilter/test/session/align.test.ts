import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alignStars } from '../../src/session/align.ts'
import { neighbourIndex } from '../../src/session/neighbours.ts'
import { apply, fitTransform, invert } from '../../src/session/transform.ts'
import { field, seeded } from './nights.ts'

const size = { width: 1000, height: 800 }
const turn = (angleDeg: number, dx: number, dy: number) => {
  const angle = (angleDeg * Math.PI) / 180
  return { cos: Math.cos(angle), sin: Math.sin(angle), dx, dy }
}
const transforms = fc
  .record({
    angleDeg: fc.double({ min: -180, max: 180, noNaN: true }),
    dx: fc.double({ min: -500, max: 500, noNaN: true }),
    dy: fc.double({ min: -500, max: 500, noNaN: true }),
  })
  .map(({ angleDeg, dx, dy }) => turn(angleDeg, dx, dy))

describe('transforms', () => {
  it('go there and back', () => {
    fc.assert(
      fc.property(transforms, (transform) => {
        const back = apply(invert(transform), apply(transform, { x: 123, y: -45 }))
        expect(back.x).toBeCloseTo(123, 6)
        expect(back.y).toBeCloseTo(-45, 6)
      }),
    )
  })

  it('are recovered from points they moved', () => {
    const points = field(3, 12)
    fc.assert(
      fc.property(transforms, (transform) => {
        const found = fitTransform(
          points,
          points.map((p) => apply(transform, p)),
        )
        expect(found.cos).toBeCloseTo(transform.cos, 6)
        expect(found.sin).toBeCloseTo(transform.sin, 6)
        expect(found.dx).toBeCloseTo(transform.dx, 3)
      }),
    )
  })
})

it('finds the nearest point as a search through all does', () => {
  const points = field(5, 300)
  const nearest = neighbourIndex(points, 16)
  fc.assert(
    fc.property(
      fc.record({ x: fc.integer({ min: 0, max: 999 }), y: fc.integer({ min: 0, max: 799 }) }),
      (place) => {
        const distances = points.map((p) => Math.hypot(p.x - place.x, p.y - place.y))
        const least = Math.min(...distances)
        const found = nearest(place, 16)
        if (least > 16) expect(found).toBe(-1)
        else expect(distances[found]).toBeCloseTo(least, 9)
      },
    ),
  )
})

describe('alignStars', () => {
  const reference = field(11)
  const seenThrough = (transform: ReturnType<typeof turn>, keep: number) => {
    const random = seeded(9)
    const back = invert(transform)
    return reference
      .filter(() => random() < keep)
      .map((star) => {
        const { x, y } = apply(back, star)
        return { x: x + 0.2 * (random() - 0.5), y: y + 0.2 * (random() - 0.5) }
      })
  }

  it.each([
    ['a dither', turn(0, 7.3, -4.1), 0.9],
    ['a large offset', turn(0, 310, -150), 0.8],
    ['a meridian flip', turn(180, 1010, 790), 0.8],
    ['a small field rotation', turn(0.4, 12, 3), 0.8],
    ['a camera turned by 37 degrees', turn(37, 420, -260), 0.9],
    ['a field of which cloud left a quarter', turn(0, 5, 9), 0.25],
  ])('recovers %s', (_, truth, keep) => {
    const found = alignStars(seenThrough(truth, keep), reference, size)
    expect(found).toBeDefined()
    const centre = { x: 500, y: 400 }
    const wanted = apply(truth, centre)
    const got = apply(found!.transform, centre)
    expect(Math.hypot(got.x - wanted.x, got.y - wanted.y)).toBeLessThan(0.7)
    expect(found!.matches.length).toBeGreaterThan(0.8 * keep * reference.length * 0.5)
  })

  it('does not bring together two different fields', () => {
    for (let seed = 20; seed < 40; seed++)
      expect(alignStars(field(seed), reference, size)).toBeUndefined()
  })

  it('says nothing of no stars', () => {
    expect(alignStars([], reference, size)).toBeUndefined()
    expect(alignStars(reference, [], size)).toBeUndefined()
  })
})
