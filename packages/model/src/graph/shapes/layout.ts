import { axisOf, broadcast, checkedAxis, sameShape } from '../dims.ts'
import type { Dim } from '../graph.ts'
import { type Inputs, like, type ShapeRule } from './rule.ts'

const one = (inputs: Inputs, shape: readonly Dim[]) => [{ type: inputs.at(0).type, shape }]

export const layoutShapes: Readonly<Record<string, ShapeRule>> = {
  Reshape: (inputs) => one(inputs, reshaped(inputs)),
  Flatten: (inputs) => {
    const shape = inputs.shape(0)
    // Behind the last axis is a place to cut, too.
    const axis = axisOf(inputs.number('axis', 1), shape.length)
    return one(inputs, [join(inputs, shape.slice(0, axis)), join(inputs, shape.slice(axis))])
  },
  Transpose: (inputs) => {
    const shape = inputs.shape(0)
    const backward = shape.map((_, i) => shape.length - 1 - i)
    const order = inputs.numbers('perm', backward)
    if (!shape.every((_, axis) => order.includes(axis)) || order.length !== shape.length) {
      inputs.wrong(`[${order.join(', ')}] is no order of ${shape.length} axes`)
    }
    return one(
      inputs,
      order.map((axis) => shape[axis]),
    )
  },
  Squeeze: (inputs) => {
    const shape = inputs.shape(0)
    const gone = inputs.has(1)
      ? inputs.longs(1).map((axis) => checkedAxis(axis, shape.length, 'Squeeze'))
      : shape.flatMap((dim, i) => (dim === 1 ? [i] : []))
    for (const axis of gone) {
      if (shape[axis] !== 1) inputs.wrong(`axis ${axis} has size ${shape[axis]}, wanted 1`)
    }
    return one(
      inputs,
      shape.filter((_, i) => !gone.includes(i)),
    )
  },
  Unsqueeze: (inputs) => {
    const [shape, axes] = [[...inputs.shape(0)], inputs.longs(1)]
    const rank = shape.length + axes.length
    const places = axes.map((axis) => checkedAxis(axis, rank, 'Unsqueeze'))
    for (const axis of places.sort((a, b) => a - b)) shape.splice(axis, 0, 1)
    return one(inputs, shape)
  },
  Expand: (inputs) => one(inputs, broadcast([inputs.shape(0), inputs.longs(1)], 'Expand')),
  Concat: (inputs) => one(inputs, joined(inputs)),
  Split: (inputs) => {
    const axis = inputs.axis()
    const sizes = inputs.has(1) ? inputs.longs(1) : equalParts(inputs, axis)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    const size = inputs.dim(0, axis)
    if (total !== size) inputs.wrong(`got parts of ${total} together, the axis has ${size}`)
    return sizes.map((part) => ({
      type: inputs.at(0).type,
      shape: inputs.shape(0).map((dim, i) => (i === axis ? part : dim)),
    }))
  },
  Slice: (inputs) => one(inputs, sliced(inputs)),
  Pad: (inputs) => one(inputs, padded(inputs)),
  Gather: (inputs) => {
    const axis = inputs.axis()
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
  const keeps = inputs.number('allowzero', 0) === 0
  const wanted: Dim[] = inputs.longs(1).map((dim, i) => (dim === 0 && keeps ? shape[i] : dim))
  if (wanted.includes(undefined as never)) inputs.wrong('no size to keep at the place of a 0')
  const rest = wanted.indexOf(-1)
  // A named size that is kept stands on both sides; the others must come out even.
  const names = shape.filter((dim) => typeof dim === 'string' && !wanted.includes(dim))
  const got = numeric(shape)
  const said = numeric(wanted.filter((_, i) => i !== rest))
  if (rest >= 0 && names.length === 1 && got === said) wanted[rest] = names[0]
  else if (names.length > 0) inputs.wrong('an unknown size cannot be joined with others')
  else if (rest >= 0) wanted[rest] = got / said
  else if (got !== said) inputs.wrong(`got ${got} elements, wanted ${said}`)
  if (typeof wanted[rest] === 'number' && !Number.isInteger(wanted[rest])) {
    inputs.wrong(`${got} elements cannot be divided by ${said}`)
  }
  return wanted
}

/** The product of the sizes that are known. */
const numeric = (dims: readonly Dim[]) =>
  dims.reduce<number>((n, dim) => (typeof dim === 'number' ? n * dim : n), 1)

/** A damaged file may ask for any number. */
const MOST_PARTS = 4096

function equalParts(inputs: Inputs, axis: number): number[] {
  const [size, count] = [inputs.dim(0, axis), inputs.number('num_outputs')]
  if (!(count >= 1 && count <= Math.min(size, MOST_PARTS)))
    inputs.wrong(`cannot cut ${size} into ${count}`)
  const part = Math.ceil(size / count)
  // The last part is what is left.
  return Array.from({ length: count }, (_, i) => Math.min(part, size - i * part))
}

function padded(inputs: Inputs): readonly Dim[] {
  const [shape, pads] = [inputs.shape(0), inputs.longs(1)]
  const axes = inputs.has(3)
    ? inputs.longs(3).map((axis) => checkedAxis(axis, shape.length, 'Pad'))
    : shape.map((_, i) => i)
  if (pads.length !== 2 * axes.length) {
    inputs.wrong(`got ${pads.length} sizes, wanted ${2 * axes.length}`)
  }
  return shape.map((dim, i) => {
    const at = axes.indexOf(i)
    const added = at < 0 ? 0 : pads[at] + pads[at + axes.length]
    return added === 0 ? dim : inputs.dim(0, i) + added
  })
}

function joined(inputs: Inputs): readonly Dim[] {
  const first = inputs.shape(0)
  const axis = inputs.axis()
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
    const axis = checkedAxis(raw, shape.length, 'Slice')
    const size = inputs.dim(0, axis)
    const step = steps[i]
    if (step === 0) inputs.wrong('a step of 0')
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
    const clamp = (at: number) => Math.min(high, Math.max(low, at < 0 ? at + size : at))
    shape[axis] = Math.max(0, Math.ceil((clamp(ends[i]) - clamp(starts[i])) / step))
  }
  return shape
}
