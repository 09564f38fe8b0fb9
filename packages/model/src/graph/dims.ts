import { ModelError } from '../errors.ts'
import type { Dim, Value } from './graph.ts'

/** `[16, 3, 224, 224]`, `[batch, 1000]`. */
export const shapeText = (shape: readonly Dim[]): string => `[${shape.join(', ')}]`

/** A size that must be known. */
export function known(dim: Dim | undefined, what = 'size'): number {
  if (typeof dim === 'number') return dim
  throw new ModelError('BAD_ARGUMENT', `${what}: wanted a known size, got ${dim ?? 'none'}`)
}

/** Sizes that must all be known. */
export const dimsOf = ({ name, shape }: Value): number[] => shape.map((dim) => known(dim, name))

export const elements = (value: Value): number => dimsOf(value).reduce((size, dim) => size * dim, 1)

/** -1 is the last axis. */
export const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** As `axisOf`, for an axis that there must be. */
export function checkedAxis(axis: number, rank: number, what: string): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axisOf(axis, rank)
  throw new ModelError('BAD_ARGUMENT', `${what}: axis ${axis} of a tensor with ${rank} axes`)
}

export const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i])

/** NumPy's rule: sizes are aligned at their ends, and a size of 1 stretches. */
export function broadcast(shapes: readonly (readonly Dim[])[], what: string): Dim[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => {
    let result: Dim = 1
    for (const shape of shapes) {
      const dim = shape[i - rank + shape.length] ?? 1
      if (dim === 1 || dim === result) continue
      if (result !== 1) {
        const got = shapes.map(shapeText).join(' and ')
        throw new ModelError('BAD_ARGUMENT', `${what}: shapes ${got} do not fit together`)
      }
      result = dim
    }
    return result
  })
}
