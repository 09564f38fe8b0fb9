import { longs, tensor } from '../../tensor.ts'
import type { GraphBuilder } from '../builder.ts'
import type { Value } from '../graph.ts'

const list = (g: GraphBuilder, values: readonly number[]) =>
  g.shared(`longs_${values.join('_')}`, () => longs(values))

/** -1 is what is left; 0 keeps the size at that place. */
export const reshape = (g: GraphBuilder, x: Value, shape: readonly number[]): Value =>
  g.op('Reshape', [x, list(g, shape)])

export const flatten = (g: GraphBuilder, x: Value): Value => g.op('Flatten', [x])

export const transpose = (g: GraphBuilder, x: Value, order: readonly number[]): Value =>
  g.op('Transpose', [x], { attributes: { perm: order } })

export const expand = (g: GraphBuilder, x: Value, shape: readonly number[]): Value =>
  g.op('Expand', [x, list(g, shape)])

export const concat = (g: GraphBuilder, values: readonly Value[], axis: number): Value =>
  g.op('Concat', values, { attributes: { axis } })

/** Pieces of the given sizes along an axis. */
export const split = (
  g: GraphBuilder,
  x: Value,
  { sizes, axis }: { readonly sizes: readonly number[]; readonly axis: number },
): Value[] => g.add('Split', [x, list(g, sizes)], { attributes: { axis }, outputs: sizes.length })

/** Leaves out axes of size 1. */
export const squeeze = (g: GraphBuilder, x: Value, axes: readonly number[]): Value =>
  g.op('Squeeze', [x, list(g, axes)])

/** Puts in axes of size 1, at these places of the result. */
export const unsqueeze = (g: GraphBuilder, x: Value, axes: readonly number[]): Value =>
  g.op('Unsqueeze', [x, list(g, axes)])

/** Where to cut: one entry for each axis that is cut. */
export interface Cut {
  readonly axes: readonly number[]
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Default 1 along each axis. */
  readonly steps?: readonly number[]
}

export function slice(g: GraphBuilder, x: Value, { axes, starts, ends, steps }: Cut): Value {
  const lists = [starts, ends, axes, ...(steps ? [steps] : [])].map((values) => list(g, values))
  return g.op('Slice', [x, ...lists])
}

/** Zeros (or `value`) around: sizes before each axis, then sizes behind each. */
export function pad(g: GraphBuilder, x: Value, sizes: readonly number[], value = 0): Value {
  if (sizes.every((size) => size === 0)) return x
  const filled = value === 0 ? [] : [g.shared(`number_${value}`, () => tensor([value], []))]
  return g.op('Pad', [x, list(g, sizes), ...filled])
}

/** Rows of `x` along an axis, by whole-number indices; equal index lists are shared by `key`. */
export const gather = (g: GraphBuilder, x: Value, indices: Value, axis: number): Value =>
  g.op('Gather', [x, indices], { attributes: { axis } })
