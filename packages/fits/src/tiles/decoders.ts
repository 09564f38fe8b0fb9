import { FitsError } from '../errors.ts'
import type { PixelData } from '../image/stored.ts'

/** What a decoder must know besides the bytes. */
export interface TileParameters {
  /** How many pixels the tile holds. */
  readonly pixels: number
  /** ZNAMEn and ZVALn. */
  readonly parameters: ReadonlyMap<string, number>
  /** Bits per pixel of raw values, negative for floats, where the bytes themselves do not tell. */
  readonly bitpix: number
}

/** Undoes one compression: the pixels of one tile, in the machine's order. */
export type TileDecoder = (
  bytes: Uint8Array,
  parameters: TileParameters,
) => PixelData | Promise<PixelData>

const rice = async () => (await import('./rice.ts')).decodeRice

const decoders: Readonly<Record<string, () => Promise<TileDecoder>>> = {
  RICE_1: rice,
  RICE_ONE: rice,
  GZIP_1: async () => (await import('./gzip.ts')).decodeGzip,
  GZIP_2: async () => (await import('./gzip.ts')).decodeShuffledGzip,
  NOCOMPRESS: async () => (await import('./gzip.ts')).decodeRaw,
}

/** The decoder for a ZCMPTYPE. @throws FitsError `UNSUPPORTED` listing the known ones */
export async function decoderFor(name: string): Promise<TileDecoder> {
  const load = Object.hasOwn(decoders, name) ? decoders[name] : undefined
  if (load) return load()
  const known = Object.keys(decoders).join(', ')
  throw new FitsError('UNSUPPORTED', `tile compression ${name || '(unnamed)'}; known: ${known}`)
}
