import { bytesOf } from '../image/convert.ts'
import { kernels, scratch } from '../kernels.ts'

/** ZQUANTIZ: how floats were turned into integers. */
export type Dither = 'NO_DITHER' | 'SUBTRACTIVE_DITHER_1' | 'SUBTRACTIVE_DITHER_2'

/** How the integers of one tile become floats. */
export interface Quantization {
  readonly scale: number
  readonly zero: number
  /** Integer that means NaN. */
  readonly blank: number
  readonly dither: Dither
  /** Which tile this is, counted from 0, plus ZDITHER0 - 1. */
  readonly ditherTile: number
}

const BAND = 8192

/**
 * Undoes the quantisation of a tile, in double precision, into `out`.
 * FITS 4.0, section 10.2; the random numbers are those of its appendix I.
 */
export function dequantize<Out extends Float32Array | Float64Array>(
  values: Int32Array,
  { scale, zero, blank, dither, ditherTile }: Quantization,
  out: Out,
): Out {
  const [from, random, to] = scratch(BAND * 4 + 16, BAND * 4 + 16, BAND * 8 + 32)
  const run = kernels()
  const double = out instanceof Float64Array
  const kernel = double ? run.dequantizeF64 : run.dequantizeF32
  const randoms = dither === 'NO_DITHER' ? undefined : new DitherSequence(ditherTile)
  const zeroMark = Number(dither === 'SUBTRACTIVE_DITHER_2')
  for (let start = 0; start < values.length; start += BAND) {
    const count = Math.min(BAND, values.length - start)
    const { buffer } = run.memory
    new Uint8Array(buffer, from, count * 4).set(bytesOf(values.subarray(start, start + count)))
    const offsets = new Float32Array(buffer, random, count)
    if (randoms) randoms.fill(offsets)
    else offsets.fill(0.5)
    kernel(from!, random!, to!, count, scale, zero, blank, zeroMark)
    if (double) out.set(new Float64Array(buffer, to, count), start)
    else out.set(new Float32Array(buffer, to, count), start)
  }
  return out
}

const SEQUENCE_LENGTH = 10_000

let sequence: Float32Array | undefined

/** Park and Miller's minimal standard generator, seed 1, which every reader of FITS must share. */
export function ditherNumbers(): Float32Array {
  if (!sequence) {
    sequence = new Float32Array(SEQUENCE_LENGTH)
    for (let i = 0, seed = 1; i < SEQUENCE_LENGTH; i++) {
      seed = (seed * 16_807) % 2_147_483_647
      sequence[i] = seed / 2_147_483_647
    }
  }
  return sequence
}

/** The offsets of one tile: the sequence from a place that the tile's number picks, then from others. */
class DitherSequence {
  #seed: number
  #next: number

  constructor(tile: number) {
    this.#seed = tile % SEQUENCE_LENGTH
    this.#next = this.#start()
  }

  fill(out: Float32Array): void {
    for (let done = 0; done < out.length; ) {
      const run = ditherNumbers().subarray(this.#next, this.#next + out.length - done)
      out.set(run, done)
      done += run.length
      this.#next += run.length
      if (this.#next === SEQUENCE_LENGTH) {
        this.#seed = (this.#seed + 1) % SEQUENCE_LENGTH
        this.#next = this.#start()
      }
    }
  }

  #start(): number {
    return Math.floor(ditherNumbers()[this.#seed]! * 500)
  }
}
