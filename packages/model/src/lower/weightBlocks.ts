import { sizeOf } from '../tensor.ts'

/** Where weights lie: [out, in, kh, kw] and the size of a block. */
export interface WeightLayout {
  readonly dims: readonly number[]
  readonly block: number
}

/** [O, I, kh, kw] in rows to [O / b, I / b, kh, kw, b i, b o]. */
export function toBlocks(rows: Float32Array, layout: WeightLayout): Float32Array {
  const result = new Float32Array(sizeOf(layout.dims))
  eachPlace(layout, (row, place) => {
    result[place] = rows[row]
  })
  return result
}

/** The way back. */
export function fromBlocks(blocks: Float32Array, layout: WeightLayout): Float32Array {
  const result = new Float32Array(sizeOf(layout.dims))
  eachPlace(layout, (row, place) => {
    result[row] = blocks[place]
  })
  return result
}

function eachPlace(
  { dims, block }: WeightLayout,
  visit: (row: number, place: number) => void,
): void {
  const [out, input, kh, kw] = dims
  const taps = kh * kw
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < input; i++) {
      const group = (Math.floor(o / block) * (input / block) + Math.floor(i / block)) * taps
      const within = (i % block) * block + (o % block)
      const row = (o * input + i) * taps
      for (let tap = 0; tap < taps; tap++) visit(row + tap, (group + tap) * block * block + within)
    }
  }
}
