import { FitsError } from '../errors.ts'
import type { Hdu } from '../hdu.ts'

/** A rectangle of pixels; (0, 0) is the first pixel of the plane, y counts rows in file order. */
export interface Section {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface ReadOptions {
  /** Which plane of a cube, 0-based; the third axis counts fastest. Default 0. */
  readonly index?: number
  /** The part of the plane wanted. Default all of it. */
  readonly section?: Section
  readonly signal?: AbortSignal
}

/** What is to be read: a section that is known to lie inside its plane. */
export interface PlaneRegion extends Section {
  readonly index: number
  /** Place of the plane on each axis from the third. */
  readonly place: readonly number[]
  readonly planeWidth: number
  readonly planeHeight: number
}

/** Number of planes in the image: the product of its axes from the third. */
export function planeCount(hdu: Hdu): number {
  if (hdu.shape.length === 0) return 0
  return hdu.shape.slice(2).reduce((product, length) => product * length, 1)
}

/** @throws FitsError `BAD_ARGUMENT` naming the image's own size; `UNSUPPORTED` for other than an image */
export function planeRegion(hdu: Hdu, { index = 0, section }: ReadOptions): PlaneRegion {
  requireImage(hdu)
  const planes = planeCount(hdu)
  if (!Number.isInteger(index) || index < 0 || index >= planes) {
    throw new FitsError('BAD_ARGUMENT', `plane ${index} of an image with ${planes} planes`)
  }
  const planeWidth = hdu.shape[0]!
  const planeHeight = hdu.shape[1] ?? 1
  const wanted = section ?? { x: 0, y: 0, width: planeWidth, height: planeHeight }
  requireInside(wanted, planeWidth, planeHeight)
  const place: number[] = []
  let rest = index
  for (const length of hdu.shape.slice(2)) {
    place.push(rest % length)
    rest = Math.floor(rest / length)
  }
  const { x, y, width, height } = wanted
  return { index, place, planeWidth, planeHeight, x, y, width, height }
}

function requireImage({ kind, index, shape }: Hdu): void {
  if (kind !== 'image' && kind !== 'compressed-image') {
    throw new FitsError('UNSUPPORTED', `HDU ${index} is of kind ${kind}: only images can be read`)
  }
  if (shape.length === 0) {
    throw new FitsError('BAD_ARGUMENT', `HDU ${index} holds no image: it has no axes`)
  }
}

function requireInside({ x, y, width, height }: Section, planeWidth: number, planeHeight: number) {
  const whole = [x, y, width, height].every((n) => Number.isInteger(n) && n >= 0)
  if (whole && x + width <= planeWidth && y + height <= planeHeight) return
  throw new FitsError(
    'BAD_ARGUMENT',
    `section ${width} x ${height} at (${x}, ${y}) is not inside ${planeWidth} x ${planeHeight} pixels`,
  )
}
