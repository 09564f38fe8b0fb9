import { ModelError } from '../errors.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import type { Attributes, Node, Value } from '../graph/graph.ts'

/** What a rule is told: the node that ran forward, and the gradient of each of its outputs. */
export class Backward {
  readonly g: GraphBuilder
  readonly node: Node
  readonly #dys: readonly (Value | undefined)[]
  readonly #wanted: (value: Value) => boolean

  constructor(
    g: GraphBuilder,
    {
      node,
      dys,
      wanted,
    }: { node: Node; dys: readonly (Value | undefined)[]; wanted: (value: Value) => boolean },
  ) {
    this.g = g
    this.node = node
    this.#dys = dys
    this.#wanted = wanted
  }

  get attributes(): Attributes {
    return this.node.attributes
  }

  /** Input `i` of the node. */
  x(i = 0): Value {
    const value = this.node.inputs[i]
    if (!value) throw new ModelError('BAD_ARGUMENT', `internal: ${this.node.op} has no input ${i}`)
    return value
  }

  /** Output `i` of the node. */
  y(i = 0): Value {
    return this.node.outputs[i]
  }

  /** Gradient of output `i`. */
  dy(i = 0): Value {
    const value = this.#dys[i]
    if (!value)
      throw new ModelError(
        'BAD_ARGUMENT',
        `internal: output ${i} of ${this.node.op} has no gradient`,
      )
    return value
  }

  hasDy(i: number): boolean {
    return this.#dys[i] !== undefined
  }

  /** Whether anybody asks for the gradient of input `i`; a rule saves the work where nobody does. */
  wants(i: number): boolean {
    const value = this.node.inputs[i]
    return value !== undefined && this.#wanted(value)
  }

  /** The gradient of input `i`, worked out only where it is wanted. */
  when(i: number, work: () => Value): Value | undefined {
    return this.wants(i) ? work() : undefined
  }
}

/**
 * The gradients of a node's inputs, in their order, from those of its outputs; `undefined` for an input
 * that has none. A gradient may still have the shape that broadcasting gave it: the walk sums it.
 */
export type GradientRule = (at: Backward) => readonly (Value | undefined)[]

export type GradientRules = Readonly<Record<string, GradientRule>>
