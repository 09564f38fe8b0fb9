import { dimsOf, sameShape } from '../graph/dims.ts'
import type { Node, Value } from '../graph/graph.ts'
import { reshape, transpose } from '../graph/ops/layout.ts'
import { type Window, windowOf } from '../graph/shapes/windows.ts'
import { simple } from './convGradInput.ts'
import type { Lowering, Phases } from './lowering.ts'
import { phaseTaps } from './phases.ts'
import type { LowerRule } from './rule.ts'

export const blockedConv: LowerRule = (node, lowering) => {
  const { blocks, g } = lowering
  if (!blocks) return false
  const [x, w] = node.inputs as [Value, Value]
  const shape = dimsOf(w)
  const window = windowOf(node.attributes, shape.slice(2))
  const bias = node.inputs[2] && lowering.plain(node.inputs[2])
  const { kernel, strides, pads } = window
  const attributes = { kernel_shape: kernel, strides, pads }
  let y: Value
  if (lowering.weightsInBlocks(w)) {
    y = blocks.conv(lowering.blocked(x), lowering.blockedWeights(w), { attributes, bias })
  } else if (shape[1] < blocks.size && blocks.fits(shape[0]) && window.group === 1) {
    // Few channels, such as colours, stay as they are; the few weights are brought into order here.
    const [out, input, kh, kw] = shape
    const apart = reshape(g, lowering.plain(w), [out / blocks.size, blocks.size, input * kh * kw])
    const ordered = reshape(g, transpose(g, apart, [0, 2, 1]), [out, input, kh, kw])
    const dilations = window.dilations
    y = blocks.conv(lowering.plain(x), ordered, { attributes: { ...attributes, dilations }, bias })
  } else return false
  lowering.set(node.outputs[0], { blocked: y })
  return true
}

export const blockedConvGradInput: LowerRule = (node, lowering) => {
  const { blocks } = lowering
  const [, w] = node.inputs as [Value, Value]
  const window = windowOf(node.attributes, dimsOf(w).slice(2))
  if (!blocks || !lowering.weightsInBlocks(w)) return false
  const { dy, weights } = scaled(node, lowering)
  const addend = soleAddend(node, lowering)
  const { kernel, pads } = window
  if (simple(window)) {
    const taps = Array.from(
      { length: kernel[0] * kernel[1] },
      (_, i, all = kernel[0] * kernel[1]) => all - 1 - i,
    )
    const attributes = { kernel_shape: kernel, pads: pads.map((p, i) => kernel[i % 2] - 1 - p) }
    const sum = addend && lowering.blocked(addend)
    const dx = blocks.conv(dy, blocks.turnedWeights(weights, taps, kernel), { attributes, sum })
    lowering.set(node.outputs[0], { blocked: dx, ...(addend && { includes: addend.name }) })
    return true
  }
  return byPhases(node, lowering, { dy, weights, window, addend })
}

interface PhaseWork {
  readonly dy: Value
  readonly weights: Value
  readonly window: Window
  readonly addend: Value | undefined
}

/**
 * With a stride of s every s-th row and column of dx is a small convolution of dy by itself; the phases are
 * then woven together. No multiplication by the zeros that a transposed convolution puts between.
 */
function byPhases(
  node: Node,
  lowering: Lowering,
  { dy, weights, window, addend }: PhaseWork,
): boolean {
  const { blocks } = lowering
  const [n, c] = dimsOf(node.outputs[0])
  const [sy, sx] = window.strides
  const [, , rows, columns] = dimsOf(dy)
  if (!blocks) return false
  const shape = [n, c, rows, columns]
  const others = addend && alike(lowering.phasesOf(addend), { shape, strides: window.strides })
  const phases: (Value | undefined)[][] = []
  for (let py = 0; py < sy; py++) {
    const line: (Value | undefined)[] = []
    for (let px = 0; px < sx; px++) {
      const [vertical, horizontal] = [phaseTaps(py, window, 0), phaseTaps(px, window, 1)]
      const [kh, kw] = [vertical.taps.length, horizontal.taps.length]
      const sum = others?.[py]?.[px]
      if (kh === 0 || kw === 0) {
        line.push(sum)
        continue
      }
      const taps = vertical.taps.flatMap((i) =>
        horizontal.taps.map((j) => i * window.kernel[1] + j),
      )
      const [top, left] = [-vertical.first, -horizontal.first]
      const attributes = { kernel_shape: [kh, kw], pads: [top, left, kh - 1 - top, kw - 1 - left] }
      line.push(blocks.conv(dy, blocks.turnedWeights(weights, taps, [kh, kw]), { attributes, sum }))
    }
    phases.push(line)
  }
  const includes = others && addend ? { includes: addend.name } : {}
  lowering.set(node.outputs[0], {
    phases: { parts: phases, shape },
    ...includes,
  })
  return true
}

export const blockedConvGradWeights: LowerRule = (node, lowering) => {
  const { blocks } = lowering
  const [x, oldDy] = node.inputs as [Value, Value]
  const shape = dimsOf(node.outputs[0])
  const window = windowOf(node.attributes, shape.slice(2))
  if (!blocks || !lowering.isGradientInBlocks(node)) return false
  const { value, scale } = lowering.unscaled(oldDy)
  const after =
    scale && lowering.isBlocked(oldDy) && cheaper(shape, dimsOf(oldDy)) ? scale : undefined
  const dy = after ? value : lowering.blocked(oldDy)
  const dw = blocks.weightGradient(lowering.blocked(x), dy, window)
  lowering.setWeights(node.outputs[0], after ? blocks.scaleWeights(dw, after) : dw)
  return true
}

const count = (shape: readonly number[]) => shape.reduce((n, dim) => n * dim, 1)

/** Scaling the weights and their gradient costs less than scaling the image. */
const cheaper = (weights: readonly number[], image: readonly number[]) =>
  2 * count(weights) < count(image)

/** dy and the weights, where dy's channels are still to be multiplied: whichever is cheaper has it. */
function scaled(node: Node, lowering: Lowering): { dy: Value; weights: Value } {
  const [oldDy, w] = node.inputs as [Value, Value]
  const { value, scale } = lowering.unscaled(oldDy)
  const weights = lowering.blockedWeights(w)
  if (
    !scale ||
    !lowering.blocks ||
    !lowering.isBlocked(oldDy) ||
    !cheaper(dimsOf(w), dimsOf(oldDy))
  ) {
    return { dy: lowering.blocked(oldDy), weights }
  }
  return { dy: value, weights: lowering.blocks.scaleWeights(weights, scale) }
}

/** What the result is added to and nothing else, where that is there already. */
function soleAddend(node: Node, lowering: Lowering): Value | undefined {
  const [result] = node.outputs
  const reader = lowering.soleReader(result)
  if (reader?.op !== 'Add') return undefined
  const other = reader.inputs.find((input) => input !== result)
  const fits = other && lowering.isBlocked(other) && sameShape(other.shape, result.shape)
  return fits ? other : undefined
}

/** Phases that can be added one by one. */
function alike(
  phases: Phases | undefined,
  { shape, strides }: { shape: readonly number[]; strides: readonly number[] },
): Phases['parts'] | undefined {
  const fits =
    phases &&
    sameShape(phases.shape, shape) &&
    sameShape([phases.parts.length, phases.parts[0].length], strides)
  return fits ? phases.parts : undefined
}
