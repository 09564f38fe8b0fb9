import { dimsOf } from '../graph/dims.ts'
import type { Attributes, Node } from '../graph/graph.ts'
import { type Window, windowOf } from '../graph/shapes/windows.ts'
import type { Blocks } from './blocks.ts'
import { simple } from './convGradInput.ts'

/** Taps of one axis that reach a pixel of a phase, in the order of the dy they read. */
export interface PhaseTaps {
  readonly taps: readonly number[]
  /** Offset of the first dy that is read; 0 or below. */
  readonly first: number
}

/** Which taps of a strided kernel reach the pixels `phase`, `phase + stride`, … of one axis. */
export function phaseTaps(
  phase: number,
  { kernel, strides, pads }: Window,
  axis: 0 | 1,
): PhaseTaps {
  const found = Array.from({ length: kernel[axis] }, (_, tap) => ({
    tap,
    offset: (phase + pads[axis] - tap) / strides[axis],
  }))
    .filter(({ offset }) => Number.isInteger(offset))
    .sort((a, b) => a.offset - b.offset)
  return { taps: found.map(({ tap }) => tap), first: found[0]?.offset ?? 0 }
}

/** Undilated, ungrouped, and whole blocks of channels on both sides. */
export function suitsBlocks(
  blocks: Blocks,
  shape: readonly number[],
  attributes: Attributes,
): boolean {
  const { group, dilations } = windowOf(attributes, shape.slice(2))
  return blocks.fits(shape[0], shape[1]) && group === 1 && dilations.every((d) => d === 1)
}

/** Whether the gradient of a convolution's image can be had as convolutions, in phases where it strides. */
export function canGoBack(node: Node): boolean {
  const [dy, w] = node.inputs
  if (!dy || !w) return false
  const window = windowOf(node.attributes, dimsOf(w).slice(2))
  if (simple(window)) return true
  return ([0, 1] as const).every((axis) => {
    const stride = window.strides[axis]
    const size = dimsOf(node.outputs[0])[2 + axis]
    const covered = size <= dimsOf(dy)[2 + axis] * stride
    const phases = Array.from({ length: stride }, (_, phase) => phaseTaps(phase, window, axis))
    return (
      covered && phases.every(({ taps, first }) => first <= 0 && first > -Math.max(1, taps.length))
    )
  })
}
