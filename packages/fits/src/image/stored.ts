import type { Bitpix, Scaling } from '../hdu.ts'

/** A native array of any pixel type that FITS can hold, unsigned ones by the BZERO convention. */
export type PixelData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/** How pixels lie in a file, and which native array holds them exactly. */
export interface PixelType {
  readonly bitpix: Bitpix
  readonly bytes: 1 | 2 | 4 | 8
  readonly make: (length: number) => PixelData
  /** The same array type over bytes in the machine's order. */
  readonly over: (buffer: ArrayBufferLike) => PixelData
  /** BZERO by which this type is kept in a file. */
  readonly bzero: number
  /** Bits to invert in every eight bytes to turn what the file holds into this type. */
  readonly flip: bigint
}

const SIGN_8 = 0x8080808080808080n
const SIGN_16 = 0x8000800080008000n
const SIGN_32 = 0x8000000080000000n
const SIGN_64 = 0x8000000000000000n

interface PixelArray {
  new (length: number): PixelData
  new (buffer: ArrayBufferLike): PixelData
}

const type = (bitpix: Bitpix, Values: PixelArray, bzero = 0, flip = 0n): PixelType => ({
  bitpix,
  bytes: (Math.abs(bitpix) / 8) as 1 | 2 | 4 | 8,
  make: (length) => new Values(length),
  over: (buffer) => new Values(buffer),
  bzero,
  flip,
})

/** The type that BITPIX names come first, those that need a BZERO after them. */
const pixelTypes: readonly PixelType[] = [
  type(8, Uint8Array),
  type(16, Int16Array),
  type(32, Int32Array),
  type(64, BigInt64Array),
  type(-32, Float32Array),
  type(-64, Float64Array),
  type(8, Int8Array, -(2 ** 7), SIGN_8),
  type(16, Uint16Array, 2 ** 15, SIGN_16),
  type(32, Uint32Array, 2 ** 31, SIGN_32),
  type(64, BigUint64Array, 2 ** 63, SIGN_64),
]

/** The type of what the file holds, whatever its BZERO. */
export function storedType(bitpix: Bitpix): PixelType {
  return pixelTypes.find((candidate) => candidate.bitpix === bitpix)!
}

/** The type of the values: unsigned (or signed bytes) where BSCALE and BZERO say just that. */
export function nativeType(bitpix: Bitpix, { bscale, bzero }: Scaling): PixelType {
  const exact = pixelTypes.find((one) => one.bitpix === bitpix && one.bzero === bzero)
  return bscale === 1 && exact ? exact : storedType(bitpix)
}

/** The type of an array that is to be written. */
export function typeOf(data: PixelData): PixelType | undefined {
  const sample = Object.getPrototypeOf(data)
  return pixelTypes.find(({ make }) => Object.getPrototypeOf(make(0)) === sample)
}

/** What is left of the scaling once values are held in `native`; `blank` is of the values' own type. */
export function residualScaling(native: PixelType, { bscale, bzero, blank }: Scaling): Scaling {
  const exact = native.flip !== 0n
  const shift = exact ? native.bzero : 0
  return {
    bscale,
    bzero: exact ? 0 : bzero,
    blank: blank === undefined ? undefined : shifted(blank, shift, native.bitpix === 64),
  }
}

function shifted(blank: number | bigint, shift: number, wide: boolean): number | bigint {
  return wide ? BigInt(blank) + BigInt(shift) : Number(blank) + shift
}
