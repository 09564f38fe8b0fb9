import type { ByteSource, PixelData } from '@nebulift/fits'
import { encodeHeader, Header, type HeaderEntry } from '@nebulift/fits'

/** A source that remembers what was asked of it. */
export interface CountingSource extends ByteSource {
  readonly reads: { readonly offset: number; readonly length: number }[]
  requests(): number
  bytes(): number
}

export function counting(source: ByteSource): CountingSource {
  const reads: { offset: number; length: number }[] = []
  return {
    size: source.size,
    reads,
    requests: () => reads.length,
    bytes: () => reads.reduce((sum, { length }) => sum + length, 0),
    read: (offset, length, signal) => {
      reads.push({ offset, length: Math.max(0, Math.min(length, source.size - offset)) })
      return source.read(offset, length, signal)
    },
  }
}

/** One HDU by hand: these cards, then these bytes and the padding. */
export function rawHdu(
  entries: readonly HeaderEntry[],
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const padded = new Uint8Array(Math.ceil(data.length / 2880) * 2880)
  padded.set(data)
  return concat(encodeHeader(new Header(entries)), padded)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The cards of an image, primary unless `extension`. */
export function imageCards(
  bitpix: number,
  shape: readonly number[],
  more: readonly HeaderEntry[] = [],
  extension = false,
): HeaderEntry[] {
  return [
    extension ? ['XTENSION', 'IMAGE'] : ['SIMPLE', true],
    ['BITPIX', bitpix],
    ['NAXIS', shape.length],
    ...shape.map((length, axis): HeaderEntry => [`NAXIS${axis + 1}`, length]),
    ...(extension
      ? ([
          ['PCOUNT', 0],
          ['GCOUNT', 1],
        ] as HeaderEntry[])
      : []),
    ...more,
  ]
}

/** Values as big-endian bytes, one by one with a DataView: the slow twin of the kernels. */
export function bigEndian(values: PixelData): Uint8Array {
  const size = values.BYTES_PER_ELEMENT
  const view = new DataView(new ArrayBuffer(values.length * size))
  const kind = values.constructor.name.replace('Array', '') as 'Int16'
  for (let i = 0; i < values.length; i++) view[`set${kind}`](i * size, values[i] as number)
  return new Uint8Array(view.buffer)
}

/** The error that `action` ends in, as text with its code. */
export async function failure(action: () => unknown): Promise<string> {
  try {
    await action()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code} ${message}`
  }
  throw new Error('wanted an error, got none')
}

/** Deterministic numbers in 0..1 (mulberry32). */
export function randomizer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
