import { ModelError } from '../../errors.ts'
import { numberOf, numbersOf, textOf } from '../../graph/attributes.ts'
import { axisOf, dimsOf } from '../../graph/dims.ts'
import type { Value } from '../../graph/graph.ts'
import { sumTo, zerosLike } from '../../graph/ops/elementwise.ts'
import { pad, reshape, slice, transpose } from '../../graph/ops/layout.ts'
import { matMul } from '../../graph/ops/products.ts'
import { tensor } from '../../tensor.ts'
import type { Backward, GradientRule, GradientRules } from '../rule.ts'
import { interpolation } from './interpolation.ts'

/** The numbers of an input that must be a constant, such as a list of axes. */
function longsOf(at: Backward, i: number): number[] | undefined {
  const value = at.node.inputs[i]
  if (!value) return undefined
  const constant = at.g.valueOf(value)
  if (constant) return Array.from(constant.data as ArrayLike<number | bigint>, Number)
  throw new ModelError(
    'MISSING_RULE',
    `gradient of ${at.node.op}: ${value.name} must be a constant`,
  )
}

/** The same numbers in the old shape. */
const asBefore: GradientRule = (at) => [reshape(at.g, at.dy(), dimsOf(at.x()))]

const joined: GradientRule = (at) => {
  const axis = axisOf(numberOf(at.attributes, 'axis'), at.y().shape.length)
  let start = 0
  return at.node.inputs.map((_, i) => {
    const from = start
    start += dimsOf(at.x(i))[axis]
    const to = start
    return at.when(i, () => slice(at.g, at.dy(), { axes: [axis], starts: [from], ends: [to] }))
  })
}

const split: GradientRule = (at) => {
  const axis = numberOf(at.attributes, 'axis', 0)
  const parts = at.node.outputs.map((output, i) =>
    at.hasDy(i) ? at.dy(i) : zerosLike(at.g, output),
  )
  return [at.g.op('Concat', parts, { attributes: { axis } })]
}

/**
 * Zeros around what was cut out. Steps backward are turned round first; larger ones spread it: zeros behind
 * each element, the last ones cut.
 */
const cut: GradientRule = (at) => {
  const size = dimsOf(at.x())
  const listed = longsOf(at, 1) ?? []
  const axes = (longsOf(at, 3) ?? listed.map((_, i) => i)).map((axis) => axisOf(axis, size.length))
  const steps = longsOf(at, 4) ?? listed.map(() => 1)
  const [before, behind] = [size.map(() => 0), size.map(() => 0)]
  let dy = at.dy()
  for (const [i, axis] of axes.entries()) {
    const [step, count] = [steps[i], dimsOf(dy)[axis]]
    if (count === 0) return [zerosLike(at.g, at.x())]
    const last = step > 0 ? size[axis] : size[axis] - 1
    const from = Math.min(last, Math.max(0, listed[i] < 0 ? listed[i] + size[axis] : listed[i]))
    if (step < 0) dy = reversed(at, dy, axis)
    if (Math.abs(step) > 1) dy = spread(at, dy, { axis, step: Math.abs(step) })
    before[axis] = step > 0 ? from : from + (count - 1) * step
    behind[axis] = size[axis] - before[axis] - dimsOf(dy)[axis]
  }
  return [pad(at.g, dy, [...before, ...behind])]
}

const reversed = (at: Backward, x: Value, axis: number): Value =>
  slice(at.g, x, { axes: [axis], starts: [-1], ends: [-1 - dimsOf(x)[axis]], steps: [-1] })

/** a b c → a 0 b 0 c. */
function spread(at: Backward, x: Value, { axis, step }: { axis: number; step: number }) {
  const dims = dimsOf(x)
  const apart = reshape(at.g, x, [...dims.slice(0, axis + 1), 1, ...dims.slice(axis + 1)])
  const room = [...dims, 1].map(() => 0)
  const padded = pad(at.g, apart, [...room, ...room.map((_, i) => (i === axis + 1 ? step - 1 : 0))])
  const flat = reshape(
    at.g,
    padded,
    dims.map((dim, i) => (i === axis ? dim * step : dim)),
  )
  const end = (dims[axis] - 1) * step + 1
  return slice(at.g, flat, { axes: [axis], starts: [0], ends: [end] })
}

const padded: GradientRule = (at) => {
  if (textOf(at.attributes, 'mode', 'constant') !== 'constant') {
    throw new ModelError('MISSING_RULE', 'gradient of Pad: only for constant padding')
  }
  const rank = at.x().shape.length
  const pads = longsOf(at, 1) ?? []
  const axes = longsOf(at, 3)?.map((axis) => axisOf(axis, rank)) ?? at.x().shape.map((_, i) => i)
  const sizes = new Array<number>(2 * rank).fill(0)
  // What was put on is taken off, and the other way round where a size is negative.
  for (const [i, axis] of axes.entries()) {
    sizes[axis] = -pads[i]
    sizes[rank + axis] = -pads[i + axes.length]
  }
  return [pad(at.g, at.dy(), sizes)]
}

/** Rows that were read several times collect all their gradients. */
const gathered: GradientRule = (at) => {
  const { g } = at
  const size = dimsOf(at.x())
  const axis = axisOf(numberOf(at.attributes, 'axis', 0), size.length)
  const indices = longsOf(at, 1)
  if (!indices) throw new ModelError('MISSING_RULE', 'gradient of Gather: indices must be constant')
  const [outer, inner] = [size.slice(0, axis), size.slice(axis + 1)]
  const count = indices.length
  const rows = reshape(g, at.dy(), [...outer, count, ...inner])
  const selection = new Float32Array(size[axis] * count)
  for (const [i, index] of indices.entries()) {
    selection[(index < 0 ? index + size[axis] : index) * count + i] = 1
  }
  const flat = reshape(g, rows, [
    outer.reduce((a, b) => a * b, 1),
    count,
    inner.reduce((a, b) => a * b, 1),
  ])
  const sum = matMul(g, g.constant(tensor(selection, [size[axis], count]), 'selection'), flat)
  return [reshape(g, sum, size)]
}

/** A resize is two small matrices, one for rows and one for columns; back go their transposes. */
const resized: GradientRule = (at) => {
  const [from, to] = [dimsOf(at.x()), dimsOf(at.y())]
  if (from.length !== 4 || from[0] !== to[0] || from[1] !== to[1]) {
    throw new ModelError('MISSING_RULE', 'gradient of Resize: only for rows and columns of images')
  }
  const { attributes } = at
  const scales = at.node.inputs[3]
    ? undefined
    : at.node.inputs[2] && at.g.valueOf(at.node.inputs[2])
  const along = (axis: 2 | 3) => {
    const order = numbersOf(attributes, 'axes', [0, 1, 2, 3])
    const scale = scales && Number(scales.data[order.indexOf(axis)])
    return interpolation(attributes, { from: from[axis], to: to[axis], scale })
  }
  const down = at.g.constant(turn(along(2), to[2], from[2]), 'rows')
  const across = at.g.constant(tensor(along(3), [to[3], from[3]]), 'columns')
  return [matMul(at.g, down, matMul(at.g, at.dy(), across))]
}

function turn(matrix: Float32Array, rows: number, columns: number) {
  const turned = Float32Array.from(
    matrix,
    (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)],
  )
  return tensor(turned, [columns, rows])
}

export const layoutRules: GradientRules = {
  Reshape: asBefore,
  Flatten: asBefore,
  Squeeze: asBefore,
  Unsqueeze: asBefore,
  Transpose: (at) => {
    const rank = at.x().shape.length
    const order = numbersOf(
      at.attributes,
      'perm',
      at.x().shape.map((_, i) => rank - 1 - i),
    )
    return [
      transpose(
        at.g,
        at.dy(),
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ]
  },
  Expand: (at) => [sumTo(at.g, at.dy(), at.x())],
  Concat: joined,
  Split: split,
  Slice: cut,
  Pad: padded,
  Gather: gathered,
  Resize: resized,
}
