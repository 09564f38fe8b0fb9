import { ModelError } from '../errors.ts'
import type { DType, Tensor } from '../tensor.ts'
import { ONNX } from './domains.ts'
import { named, pruned } from './finish.ts'
import type { Attributes, Dim, Graph, Node, Value } from './graph.ts'
import type { Outcome } from './shapes/rule.ts'
import { inferShapes } from './shapes.ts'

/** What else there is to say of a node. */
export interface NodeOptions {
  readonly attributes?: Attributes
  /** Operator set. Default ONNX's own. */
  readonly domain?: string
  /** Name of the first output, for people. Default the operator's. */
  readonly name?: string
  /** How many of its outputs are used, from the first. Default 1. */
  readonly outputs?: number
  /** Types and shapes of its outputs, for an operator that is not known here. */
  readonly results?: readonly Outcome[]
}

/** Grows a graph node by node; shapes are inferred, and refused where they do not fit, as each is added. */
export class GraphBuilder {
  readonly name: string
  readonly nodes: Node[] = []
  readonly constants = new Map<string, Tensor>()
  readonly #inputs: Value[] = []
  readonly #taken = new Map<string, number>()
  readonly #shared = new Map<string, Value>()

  constructor(name = 'graph') {
    this.name = name
  }

  get inputs(): readonly Value[] {
    return this.#inputs
  }

  /** A tensor that is given when the graph runs. Its name must be new. */
  input(name: string, shape: readonly Dim[], type: DType = 'float32'): Value {
    if (this.#taken.has(name)) {
      throw new ModelError('BAD_ARGUMENT', `graph ${this.name}: the name ${name} is taken`)
    }
    const value = { name: this.#unique(name), type, shape }
    this.#inputs.push(value)
    return value
  }

  /** A tensor whose numbers are part of the graph. Never merged with an equal one: see `shared`. */
  constant(tensor: Tensor, name = 'const'): Value {
    const value = { name: this.#unique(name), type: tensor.type, shape: tensor.dims }
    this.constants.set(value.name, tensor)
    return value
  }

  /**
   * A constant made once for each `key`. Not for statistics of batch norms: a runtime may write into
   * those, so every node needs its own.
   */
  shared(key: string, make: () => Tensor): Value {
    let value = this.#shared.get(key)
    if (!value) {
      value = this.constant(make(), key)
      this.#shared.set(key, value)
    }
    return value
  }

  /** Adds an operation and returns its outputs. */
  add(op: string, inputs: readonly (Value | undefined)[], options: NodeOptions = {}): Value[] {
    const { attributes = {}, domain = ONNX, name = op.toLowerCase(), outputs: count = 1 } = options
    const { constants } = this
    const shapes = options.results ?? inferShapes({ op, domain, inputs, attributes, constants })
    const outputs = shapes.slice(0, count).map(({ type, shape }, i) => ({
      name: this.#unique(i === 0 ? name : `${name}_${i}`),
      type,
      shape,
    }))
    this.nodes.push({ op, domain, inputs, outputs, attributes })
    return outputs
  }

  /** Adds an operation of which only the first output matters. */
  op(op: string, inputs: readonly (Value | undefined)[], options: NodeOptions = {}): Value {
    const [first] = this.add(op, inputs, options)
    if (!first) throw new ModelError('BAD_ARGUMENT', `internal: ${op} has no output`)
    return first
  }

  /** The numbers of a value, where it is a constant. */
  valueOf({ name }: Value): Tensor | undefined {
    return this.constants.get(name)
  }

  /**
   * The graph that computes `outputs`, without what they do not need. Inputs stay, used or not.
   * Given as a record, an output gets the name of its key.
   */
  finish(outputs: readonly Value[] | Readonly<Record<string, Value>>): Graph {
    const { name, inputs, constants, nodes } = this
    const draft = { name, inputs, constants, nodes, fresh: (id: string) => this.#unique(id) }
    return Array.isArray(outputs)
      ? pruned(draft, outputs as readonly Value[])
      : named(draft, outputs as Readonly<Record<string, Value>>)
  }

  #unique(wanted: string): string {
    const count = this.#taken.get(wanted) ?? 0
    this.#taken.set(wanted, count + 1)
    if (count === 0) return wanted
    return this.#unique(`${wanted}_${count}`)
  }
}
