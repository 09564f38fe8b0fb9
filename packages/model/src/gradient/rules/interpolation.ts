import { ModelError } from '../../errors.ts'
import { numberOf, textOf } from '../../graph/attributes.ts'
import type { Attributes } from '../../graph/graph.ts'

/** Sizes along one axis; the scale where the node states it instead of a size. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly scale?: number | undefined
}

const { fround } = Math

/**
 * The weights with which a `Resize` makes `to` pixels out of `from`, as a matrix [to, from]: see the ONNX
 * operator's definition. Nearest and linear, without antialiasing.
 */
export function interpolation(attributes: Attributes, stretch: Stretch): Float32Array {
  const mode = textOf(attributes, 'mode', 'nearest')
  if ((mode !== 'nearest' && mode !== 'linear') || numberOf(attributes, 'antialias', 0) === 1) {
    throw new ModelError('MISSING_RULE', `gradient of Resize: no rule for ${mode} or antialias`)
  }
  const nearest = textOf(attributes, 'nearest_mode', 'round_prefer_floor')
  const coordinates = textOf(attributes, 'coordinate_transformation_mode', 'half_pixel')
  const { from, to } = stretch
  const matrix = new Float32Array(to * from)
  const place = (i: number) => Math.min(from - 1, Math.max(0, i))
  for (let i = 0; i < to; i++) {
    const at = sourceOf(i, stretch, coordinates)
    if (mode === 'nearest') {
      matrix[i * from + place(rounded(at, nearest))] = 1
      continue
    }
    const low = Math.floor(at)
    matrix[i * from + place(low)] += 1 - (at - low)
    matrix[i * from + place(low + 1)] += at - low
  }
  return matrix
}

/** In float32 as the runtime reckons: at whole numbers the last bit decides which pixel is the nearest. */
function sourceOf(i: number, { from, to, scale }: Stretch, coordinates: string): number {
  const factor = fround(scale ?? to / from)
  const half = fround(fround(fround(i + 0.5) / factor) - 0.5)
  switch (coordinates) {
    case 'asymmetric':
      return fround(i / factor)
    case 'align_corners':
      return to === 1 ? 0 : fround(fround(i * (from - 1)) / (to - 1))
    case 'pytorch_half_pixel':
      return to === 1 ? 0 : half
    case 'half_pixel':
      return half
    default:
      throw new ModelError('MISSING_RULE', `gradient of Resize: no rule for ${coordinates}`)
  }
}

function rounded(at: number, mode: string): number {
  switch (mode) {
    case 'floor':
      return Math.floor(at)
    case 'ceil':
      return Math.ceil(at)
    case 'round_prefer_floor':
      return isHalf(at) ? Math.floor(at) : Math.round(at)
    case 'round_prefer_ceil':
      return isHalf(at) ? Math.ceil(at) : Math.round(at)
    default:
      throw new ModelError('MISSING_RULE', `gradient of Resize: no rule for nearest_mode ${mode}`)
  }
}

/** As the runtime tells halves: all sizes up to 90 agree with it. */
const isHalf = (at: number): boolean => Math.abs(at - Math.floor(at) - 0.5) <= 1e-6
