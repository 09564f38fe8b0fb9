import { FitsError } from '../errors.ts'
import type { Hdu, Scaling } from '../hdu.ts'
import { tileReader } from '../tiles/decode.ts'
import { readTiles, type VisitValues } from '../tiles/read.ts'
import { bytesOf, bytesToFloat, bytesToValues, flipInPlace, valuesToFloat } from './convert.ts'
import { type PlaneRegion, planeRegion, type ReadOptions } from './region.ts'
import { readRows, requireRows, type VisitBytes } from './rows.ts'
import { nativeType, type PixelData, residualScaling, storedType } from './stored.ts'

/** One image plane in row order; row 0 is the first row in the file. `data.length === width * height`. */
export interface Plane {
  readonly data: Float32Array
  readonly width: number
  readonly height: number
}

/** Pixels as the file holds them. Physical values are `bzero + bscale * data[i]`. */
export interface Pixels {
  readonly data: PixelData
  readonly width: number
  readonly height: number
  /** What the type of `data` does not say already; 1 and 0 for most files, also unsigned ones. */
  readonly scaling: Scaling
}

export interface PlaneOptions extends ReadOptions {
  /**
   * Where to put the pixels: `data` is then the beginning of this array. For many frames of one size it
   * saves asking the system for fresh memory each time. Default a new array.
   */
  readonly into?: Float32Array
}

/**
 * Reads one plane of an image, or a section of it, as physical values in single precision: BSCALE and
 * BZERO applied in double precision, blank integers as NaN, NaN kept. A one-dimensional image is one row.
 * Only the rows, or the compressed tiles, of the section are read.
 * @throws FitsError `TRUNCATED`, `CORRUPT`, `UNSUPPORTED` (a compression that is not read), `BAD_ARGUMENT`
 */
export async function readPlane(hdu: Hdu, options: PlaneOptions = {}): Promise<Plane> {
  const region = planeRegion(hdu, options)
  const { width, height } = region
  const { scaling } = hdu
  const type = storedType(hdu.bitpix)
  const tiles = hdu.kind === 'compressed-image' ? await tileReader(hdu) : undefined
  if (!tiles) requireRows(hdu, region)
  const data = options.into
    ? beginning(options.into, width * height)
    : make(region, () => new Float32Array(width * height))
  if (tiles) {
    const visit: VisitValues = (values, at) => valuesToFloat(values, type, scaling, data, at)
    await readTiles(hdu, tiles, region, visit, options.signal)
  } else {
    const visit: VisitBytes = (bytes, at) => bytesToFloat(bytes, type, scaling, data, at)
    await readRows(hdu, region, visit, options.signal)
  }
  return { data, width, height }
}

/**
 * Reads one plane, or a section of it, exactly as stored, in the array type of its BITPIX; unsigned where
 * BZERO says so (`Uint16Array` for BITPIX 16 and BZERO 32768). Other scaling is not applied but returned.
 * @throws FitsError as `readPlane`
 */
export async function readPixels(hdu: Hdu, options: ReadOptions = {}): Promise<Pixels> {
  const region = planeRegion(hdu, options)
  const { width, height } = region
  const type = nativeType(hdu.bitpix, hdu.scaling)
  const scaling = residualScaling(type, hdu.scaling)
  if (hdu.kind === 'compressed-image') {
    const tiles = await tileReader(hdu)
    const stored = make(region, () => storedType(hdu.bitpix).make(width * height))
    await readTiles(
      hdu,
      tiles,
      region,
      (values, at) => copyInto(stored, values, at),
      options.signal,
    )
    flipInPlace(stored, type)
    return { data: type.over(stored.buffer), width, height, scaling }
  }
  requireRows(hdu, region)
  const data = make(region, () => type.make(width * height))
  await readRows(hdu, region, (bytes, at) => bytesToValues(bytes, type, data, at), options.signal)
  return { data, width, height, scaling }
}

/** Both are of the type that BITPIX names. */
function copyInto(target: PixelData, values: PixelData, at: number): void {
  bytesOf(target).set(bytesOf(values), at * target.BYTES_PER_ELEMENT)
}

function beginning(into: Float32Array, pixels: number): Float32Array {
  if (into.length >= pixels) return into.subarray(0, pixels)
  throw new FitsError('BAD_ARGUMENT', `into: wanted room for ${pixels} pixels, got ${into.length}`)
}

function make<T>({ width, height }: PlaneRegion, allocate: () => T): T {
  try {
    return allocate()
  } catch (cause) {
    const wanted = `${width} x ${height} pixels do not fit into memory; read them by sections`
    throw new FitsError('UNSUPPORTED', wanted, { cause })
  }
}
