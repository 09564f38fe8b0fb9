import { ModelError } from '../errors.ts'
import type { Range } from './numbers.ts'

/**
 * How a range is chosen from the numbers seen: all of them; all but a share of the greatest; or where a
 * histogram of 8 bits tells most of the full one (KL divergence, as NVIDIA's TensorRT, Migacz 2017).
 */
export type RangeMethod = 'min-max' | 'entropy' | { readonly percentile: number }

/** Bins on each side of 0. */
const BINS = 4096

/** Range and histogram of numbers that come in pieces; memory does not grow with their count. */
export class RangeObserver {
  readonly #name: string
  readonly #above = new Float64Array(BINS)
  readonly #below = new Float64Array(BINS)
  /** The histogram reaches from -limit to limit: a power of two, so that it can double. */
  #limit = 0
  #low = 0
  #high = 0

  constructor(name: string) {
    this.#name = name
  }

  /** @throws ModelError `NOT_FINITE` */
  add(values: Float32Array): void {
    let [low, high, sum] = [this.#low, this.#high, 0]
    for (let i = 0; i < values.length; i++) {
      const value = values[i]
      if (value < low) low = value
      else if (value > high) high = value
      sum += value
    }
    if (!Number.isFinite(sum)) {
      throw new ModelError('NOT_FINITE', `${this.#name} is not finite on a calibration example`)
    }
    ;[this.#low, this.#high] = [low, high]
    this.#reach(Math.max(high, -low))
    if (this.#limit > 0) this.#count(values)
  }

  range(method: RangeMethod): Range {
    const all = { low: this.#low, high: this.#high }
    if (method === 'min-max' || this.#limit === 0) return all
    return method === 'entropy' ? this.#byEntropy(all) : this.#byShare(all, method.percentile)
  }

  #reach(most: number): void {
    if (this.#limit === 0 && most > 0) this.#limit = 2 ** Math.ceil(Math.log2(most))
    while (this.#limit < most) {
      for (const bins of [this.#above, this.#below]) {
        for (let i = 0; i < BINS / 2; i++) bins[i] = bins[2 * i] + bins[2 * i + 1]
        bins.fill(0, BINS / 2)
      }
      this.#limit *= 2
    }
  }

  /** Zeros are left out: they are exact in every range, and a ReLU makes many. */
  #count(values: Float32Array): void {
    const factor = BINS / this.#limit
    for (let i = 0; i < values.length; i++) {
      const place = values[i] * factor
      // Through `| 0`, towards 0; the limit itself belongs to the last bin.
      if (place > 0) this.#above[Math.min(place, BINS - 1) | 0]++
      else if (place < 0) this.#below[Math.min(-place, BINS - 1) | 0]++
    }
  }

  /** What is left out is shared by both ends. */
  #byShare({ low, high }: Range, percentile: number): Range {
    const total = sumOf(this.#above) + sumOf(this.#below)
    const outside = (1 - percentile / 100) * total * (low < 0 && high > 0 ? 0.5 : 1)
    const width = this.#limit / BINS
    const reach = (bins: Float64Array) => {
      let left = outside
      let last = BINS
      while (last > 0 && bins[last - 1] <= left) left -= bins[--last]
      return last * width
    }
    return { low: Math.max(low, -reach(this.#below)), high: Math.min(high, reach(this.#above)) }
  }

  #byEntropy({ low, high }: Range): Range {
    const sizes = this.#above.map((count, i) => count + this.#below[i])
    // Of numbers on both sides each side has half the levels.
    const levels = low < 0 && high > 0 ? 128 : 255
    const bound = (bestCut(sizes, levels) / BINS) * this.#limit
    return { low: Math.max(low, -bound), high: Math.min(high, bound) }
  }
}

/** After how many bins to cut, so that `levels` levels tell the most of the whole histogram. */
function bestCut(bins: Float64Array, levels: number): number {
  const used = bins.findLastIndex((count) => count > 0) + 1
  let best = { cut: used, loss: Number.POSITIVE_INFINITY }
  for (let cut = used; cut >= levels; cut -= 8) {
    const loss = divergence(bins, cut, levels)
    if (loss < best.loss) best = { cut, loss }
  }
  return best.cut
}

/** KL divergence of the bins up to `cut`, the others put into the last, from what `levels` tell of them. */
function divergence(bins: Float64Array, cut: number, levels: number): number {
  const outside = sumOf(bins.subarray(cut))
  const inside = sumOf(bins.subarray(0, cut))
  const total = inside + outside
  let loss = 0
  for (let level = 0; level < levels; level++) {
    const from = Math.round((level * cut) / levels)
    const to = Math.round(((level + 1) * cut) / levels)
    const own = bins.subarray(from, to)
    const filled = own.reduce((count, bin) => count + Number(bin > 0), 0)
    const told = filled && sumOf(own) / filled / inside
    for (let i = from; i < to; i++) {
      const p = (bins[i] + (i === cut - 1 ? outside : 0)) / total
      // What a level cannot tell at all is as rare as one number of ten billion.
      if (p > 0) loss += p * Math.log(p / (bins[i] > 0 ? told : 1e-10))
    }
  }
  return loss
}

function sumOf(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return sum
}
