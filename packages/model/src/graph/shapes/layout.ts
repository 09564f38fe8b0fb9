import { axisOf, sameShape } from '../dims.ts'
import type { Dim } from '../graph.ts'
import { type Inputs, like, type ShapeRule } from './rule.ts'

const one = (inputs: Inputs, shape: readonly Dim[]) => [{ type: inputs.at(0).type, shape }]

export const layoutShapes: Readonly<Record<string, ShapeRule>> = {
  Reshape: (inputs) => one(inputs, reshaped(inputs)),
  Flatten: (inputs) => {
    const [shape, axis] = [inputs.shape(0), inputs.number('axis', 1)]
    return one(inputs, [join(inputs, shape.slice(0, axis)), join(inputs, shape.slice(axis))])
  },
  Transpose: (inputs) => {
    const shape = inputs.shape(0)
    const order = inputs.numbers(
      'perm',
      shape.map((_, i) => shape.length - 1 - i),
    )
    return one(
      inputs,
      order.map((axis) => shape[axis]),
    )
  },
  Squeeze: (inputs) => {
    const shape = inputs.shape(0)
    const gone = inputs.has(1)
      ? inputs.longs(1).map((axis) => axisOf(axis, shape.length))
      : shape.flatMap((dim, i) => (dim === 1 ? [i] : []))
    return one(
      inputs,
      shape.filter((_, i) => !gone.includes(i)),
    )
  },
  Unsqueeze: (inputs) => {
    const [shape, axes] = [[...inputs.shape(0)], inputs.longs(1)]
    const rank = shape.length + axes.length
    for (const axis of axes.map((a) => axisOf(a, rank)).sort((a, b) => a - b))
      shape.splice(axis, 0, 1)
    return one(inputs, shape)
  },
  Expand: (inputs) => one(inputs, expanded(inputs)),
  Concat: (inputs) => one(inputs, joined(inputs)),
  Split: (inputs) => {
    const axis = axisOf(inputs.number('axis', 0), inputs.shape(0).length)
    return inputs.longs(1).map((size) => ({
      type: inputs.at(0).type,
      shape: inputs.shape(0).map((dim, i) => (i === axis ? size : dim)),
    }))
  },
  Slice: (inputs) => one(inputs, sliced(inputs)),
  Pad: (inputs) => {
    const [shape, pads] = [inputs.shape(0), inputs.longs(1)]
    const axes = inputs.has(3) ? inputs.longs(3) : shape.map((_, i) => i)
    const added = (i: number) => {
      const at = axes.indexOf(i)
      return at < 0 ? 0 : pads[at] + pads[at + axes.length]
    }
    return one(
      inputs,
      shape.map((dim, i) => (added(i) === 0 ? dim : inputs.dim(0, i) + added(i))),
    )
  },
  Gather: (inputs) => {
    const axis = axisOf(inputs.number('axis', 0), inputs.shape(0).length)
    return one(inputs, [
      ...inputs.shape(0).slice(0, axis),
      ...inputs.shape(1),
      ...inputs.shape(0).slice(axis + 1),
    ])
  },
  GatherElements: (inputs) => one(inputs, inputs.shape(1)),
  ScatterElements: (inputs) => [like(inputs.at(0))],
  Shape: (inputs) => [{ type: 'int64', shape: [inputs.shape(0).length] }],
}

function join(inputs: Inputs, dims: readonly Dim[]): Dim {
  const named = dims.filter((dim) => typeof dim === 'string')
  const size = dims.reduce<number>((n, dim) => (typeof dim === 'number' ? n * dim : n), 1)
  if (named.length === 0) return size
  if (named.length === 1 && size === 1) return named[0]
  return inputs.wrong('an unknown size cannot be joined with others')
}

function reshaped(inputs: Inputs): readonly Dim[] {
  const shape = inputs.shape(0)
  const wanted = inputs.longs(1)
  const kept: Dim[] = wanted.map((dim, i) => (dim === 0 ? shape[i] : dim))
  const rest = kept.indexOf(-1)
  // A named size that is kept stands on both sides; what is left must be known.
  const names = new Set<Dim>(kept.filter((dim) => typeof dim === 'string'))
  const left = shape.filter((dim) => !names.has(dim))
  const total: Dim = join(inputs, left)
  const others = kept.filter((dim, i) => i !== rest && !names.has(dim))
  const size = others.reduce<number>((n, dim) => n * Number(dim), 1)
  if (rest >= 0) {
    kept[rest] = typeof total === 'number' ? total / size : total
    if (typeof total === 'string' && size !== 1) inputs.wrong('an unknown size cannot be divided')
  } else if (total !== size) inputs.wrong(`got ${total} elements, wanted ${size}`)
  if (typeof kept[rest] === 'number' && !Number.isInteger(kept[rest]))
    inputs.wrong('sizes do not divide')
  return kept
}

function expanded(inputs: Inputs): readonly Dim[] {
  const [from, to] = [inputs.shape(0), inputs.longs(1)]
  const rank = Math.max(from.length, to.length)
  return Array.from({ length: rank }, (_, i) => {
    const dim = from[i - rank + from.length] ?? 1
    const wanted = to[i - rank + to.length] ?? 1
    return wanted === 1 ? dim : wanted
  })
}

function joined(inputs: Inputs): readonly Dim[] {
  const first = inputs.shape(0)
  const axis = axisOf(inputs.number('axis'), first.length)
  let total = 0
  for (let i = 0; i < inputs.count; i++) {
    const shape = inputs.shape(i)
    const others = (dims: readonly Dim[]) => dims.filter((_, at) => at !== axis)
    if (!sameShape(others(shape), others(first)))
      inputs.wrong('shapes differ beside the joined axis')
    total += inputs.dim(i, axis)
  }
  return first.map((dim, i) => (i === axis ? total : dim))
}

function sliced(inputs: Inputs): readonly Dim[] {
  const shape = [...inputs.shape(0)]
  const [starts, ends] = [inputs.longs(1), inputs.longs(2)]
  const axes = inputs.has(3) ? inputs.longs(3) : starts.map((_, i) => i)
  const steps = inputs.has(4) ? inputs.longs(4) : starts.map(() => 1)
  for (const [i, raw] of axes.entries()) {
    const axis = axisOf(raw, shape.length)
    const size = inputs.dim(0, axis)
    const step = steps[i]
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
    const clamp = (at: number) => Math.min(high, Math.max(low, at < 0 ? at + size : at))
    shape[axis] = Math.max(0, Math.ceil((clamp(ends[i]) - clamp(starts[i])) / step))
  }
  return shape
}
