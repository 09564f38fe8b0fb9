import { ModelError } from '../../errors.ts'
import { textOf } from '../../graph/attributes.ts'
import type { Attributes } from '../../graph/graph.ts'

/**
 * The weights with which a `Resize` makes `to` pixels out of `from`, as a matrix [to, from]: see the ONNX
 * operator's definition. Nearest (floor) and linear, without antialiasing.
 */
export function interpolation(
  attributes: Attributes,
  { from, to }: { readonly from: number; readonly to: number },
): Float32Array {
  const coordinates = textOf(attributes, 'coordinate_transformation_mode', 'half_pixel')
  const mode = textOf(attributes, 'mode', 'nearest')
  const matrix = new Float32Array(to * from)
  const place = (i: number) => Math.min(from - 1, Math.max(0, i))
  for (let i = 0; i < to; i++) {
    const at = sourceOf(i, { from, to, coordinates })
    if (mode === 'nearest') {
      matrix[i * from + place(Math.floor(at))] = 1
      continue
    }
    const low = Math.floor(at)
    matrix[i * from + place(low)] += 1 - (at - low)
    matrix[i * from + place(low + 1)] += at - low
  }
  return matrix
}

function sourceOf(
  i: number,
  { from, to, coordinates }: { from: number; to: number; coordinates: string },
): number {
  switch (coordinates) {
    case 'asymmetric':
      return (i * from) / to
    case 'align_corners':
      return to === 1 ? 0 : (i * (from - 1)) / (to - 1)
    case 'pytorch_half_pixel':
      return to === 1 ? 0 : ((i + 0.5) * from) / to - 0.5
    case 'half_pixel':
      return ((i + 0.5) * from) / to - 0.5
    default:
      throw new ModelError('MISSING_RULE', `gradient of Resize: no rule for ${coordinates}`)
  }
}
