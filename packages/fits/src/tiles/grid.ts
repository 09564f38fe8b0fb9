import { FitsError } from '../errors.ts'
import { type Hdu, readCount } from '../hdu.ts'
import type { PlaneRegion } from '../image/region.ts'

/** A tile that a section needs. Starts and lengths have one number for each axis, the fastest first. */
export interface Tile {
  /** Row of the table, from 0. */
  readonly row: number
  readonly start: readonly number[]
  readonly lengths: readonly number[]
  readonly pixels: number
}

/** Lengths of a whole tile: ZTILEn, by default a row of the image. */
export function tileShape({ header, shape }: Hdu): number[] {
  return shape.map((length, axis) => {
    const keyword = `ZTILE${axis + 1}`
    const asked = readCount(header, keyword, axis === 0 ? length : 1)
    if (asked === 0) throw new FitsError('BAD_HEADER', `${keyword}: wanted a length from 1, got 0`)
    return Math.min(asked, Math.max(1, length))
  })
}

/** Number of tiles of the whole image. */
export function tileCount(hdu: Hdu): number {
  const whole = tileShape(hdu)
  return hdu.shape.reduce((count, length, axis) => count * Math.ceil(length / whole[axis]!), 1)
}

/** The tiles that share a pixel with the region, in the order of their rows. */
export function tilesOf(hdu: Hdu, region: PlaneRegion): Tile[] {
  const { shape } = hdu
  const whole = tileShape(hdu)
  const across = shape.map((length, axis) => Math.ceil(length / whole[axis]!))
  const fixed = region.place.map((place, i) => Math.floor(place / whole[i + 2]!))
  const tiles: Tile[] = []
  const [tileWidth = 1, tileHeight = 1] = whole
  const lastX = Math.floor((region.x + region.width - 1) / tileWidth)
  const lastY = Math.floor((region.y + region.height - 1) / tileHeight)
  for (let ty = Math.floor(region.y / tileHeight); ty <= lastY; ty++) {
    for (let tx = Math.floor(region.x / tileWidth); tx <= lastX; tx++) {
      const place = [tx, ty, ...fixed].slice(0, shape.length)
      const start = place.map((at, axis) => at * whole[axis]!)
      const lengths = start.map((from, axis) => Math.min(whole[axis]!, shape[axis]! - from))
      tiles.push({
        row: place.reduceRight((row, at, axis) => row * across[axis]! + at, 0),
        start,
        lengths,
        pixels: lengths.reduce((product, length) => product * length, 1),
      })
    }
  }
  return tiles
}

/** A run of pixels that lie side by side both in a tile and in the section that is read. */
export interface Run {
  /** First pixel in the tile's array. */
  readonly from: number
  readonly length: number
  /** First pixel in the section. */
  readonly at: number
}

/** The runs by which a tile covers its part of the region: one where rows join, else one for each row. */
export function runsOf({ start, lengths }: Tile, region: PlaneRegion): Run[] {
  const [tileX = 0, tileY = 0] = start
  const [width = 1, height = 1] = lengths
  const depth = region.place.reduceRight(
    (sum, place, i) => sum * lengths[i + 2]! + place - start[i + 2]!,
    0,
  )
  const x0 = Math.max(tileX, region.x)
  const x1 = Math.min(tileX + width, region.x + region.width)
  const y0 = Math.max(tileY, region.y)
  const y1 = Math.min(tileY + height, region.y + region.height)
  const run = (y: number, length: number): Run => ({
    from: (depth * height + (y - tileY)) * width + (x0 - tileX),
    length,
    at: (y - region.y) * region.width + (x0 - region.x),
  })
  if (x1 - x0 === width && width === region.width) return [run(y0, (y1 - y0) * width)]
  return Array.from({ length: y1 - y0 }, (_, i) => run(y0 + i, x1 - x0))
}
