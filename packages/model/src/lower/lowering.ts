import { ModelError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import { dimsOf } from '../graph/dims.ts'
import type { Graph, Node, Value } from '../graph/graph.ts'
import { mul } from '../graph/ops/elementwise.ts'
import { reshape } from '../graph/ops/layout.ts'
import { Blocks } from './blocks.ts'
import { canGoBack, suitsBlocks } from './phases.ts'

/** Every s-th row and column of an image by themselves; absent ones are zero. */
export interface Phases {
  readonly parts: readonly (readonly (Value | undefined)[])[]
  /** Of one phase. */
  readonly shape: readonly number[]
}

/** A value of the old graph in the new one: in rows, in blocks of channels, or both. */
export interface Form {
  plain?: Value
  blocked?: Value
  phases?: Phases
  /** What each channel is still to be multiplied with. */
  scale?: Value
  /** Name of the old value that was added on the way. */
  readonly includes?: string
}

/** How a graph is rewritten. */
export interface LoweringOptions {
  readonly block: number
  readonly blockable?: readonly string[] | undefined
}

/** A graph being rewritten: the new graph, and what became of each value of the old one. */
export class Lowering {
  readonly g: GraphBuilder
  /** The runtime's blocked convolutions, where it has them. */
  readonly blocks: Blocks | undefined
  readonly #graph: Graph
  readonly #forms = new Map<string, Form>()
  readonly #readers = new Map<string, Node[]>()
  readonly #done = new Set<Node>()
  #gradientNames: Set<string> | undefined
  /** Inputs and outputs that lie in blocks of weights. */
  readonly #weights = new Set<string>()

  constructor(graph: Graph, { block, blockable }: LoweringOptions) {
    this.#graph = graph
    this.g = new GraphBuilder(graph.name)
    this.blocks = block > 1 ? new Blocks(this.g, block) : undefined
    for (const { name, shape, type } of graph.inputs) {
      this.#forms.set(name, { plain: this.g.input(name, shape, type) })
    }
    for (const [name, tensor] of graph.constants) {
      this.#forms.set(name, { plain: this.g.constant(tensor, name) })
    }
    for (const node of graph.nodes) {
      for (const input of node.inputs) {
        if (!input) continue
        const list = this.#readers.get(input.name)
        if (list) list.push(node)
        else this.#readers.set(input.name, [node])
      }
    }
    for (const { name } of graph.inputs) {
      const allowed = blockable?.includes(name) ?? true
      if (allowed && this.#isBlockable(name)) this.#weights.add(name)
    }
  }

  /** Inputs whose numbers are expected in blocks of weights. */
  get inputsInBlocks(): readonly string[] {
    return this.g.inputs.map(({ name }) => name).filter((name) => this.#weights.has(name))
  }

  /** The node that alone reads a value; none where the value is an output of the graph besides. */
  soleReader({ name }: Value): Node | undefined {
    const readers = this.#readers.get(name) ?? []
    const isOutput = this.#graph.outputs.some((output) => output.name === name)
    return readers.length === 1 && !isOutput ? readers[0] : undefined
  }

  /** Says that a later node is worked out already. */
  done(node: Node): void {
    this.#done.add(node)
  }

  isDone(node: Node): boolean {
    return this.#done.has(node)
  }

  /** A value in rows. */
  plain(old: Value | undefined): Value {
    const form = this.#whole(old)
    if (form.plain) return form.plain
    if (!form.blocked || !this.blocks) throw internal(`${old?.name} has no form`)
    form.plain = this.blocks.toRows(form.blocked)
    return form.plain
  }

  /** A value in blocks; only where there are blocks. */
  blocked(old: Value): Value {
    const form = this.#whole(old)
    if (form.blocked) return form.blocked
    if (!form.plain || !this.blocks) throw internal(`${old.name} has no blocks`)
    form.blocked = this.blocks.toBlocks(form.plain)
    return form.blocked
  }

  /** A value as it lies, with what its channels are still to be multiplied with. */
  unscaled(old: Value): { readonly value: Value; readonly scale: Value | undefined } {
    const form = this.#form(old)
    const value = form.blocked ?? form.plain ?? this.#whole(old).blocked
    if (!value) throw internal(`${old.name} has no form`)
    return { value, scale: form.scale }
  }

  /** Whether a value lies in blocks already. */
  isBlocked({ name }: Value): boolean {
    const form = this.#forms.get(name)
    return form?.blocked !== undefined || form?.phases !== undefined
  }

  /** The phases of a value that still lies so. */
  phasesOf({ name }: Value): Phases | undefined {
    return this.#forms.get(name)?.phases
  }

  /** `a` where `b` was added to it already, or the other way round. */
  included(a: Value, b: Value): Value | undefined {
    if (this.#forms.get(a.name)?.includes === b.name) return this.blocked(a)
    if (this.#forms.get(b.name)?.includes === a.name) return this.blocked(b)
    return undefined
  }

  set(old: Value, form: Form): void {
    this.#forms.set(old.name, { ...form })
  }

  /** Whether weights are a parameter that is given in blocks. */
  weightsInBlocks({ name }: Value): boolean {
    return this.#weights.has(name)
  }

  blockedWeights(old: Value): Value {
    if (!this.#weights.has(old.name)) throw internal(`${old.name} is not in blocks`)
    const { plain } = this.#form(old)
    if (!plain) throw internal(`${old.name} has no form`)
    return plain
  }

  /** Whether a gradient belongs to weights in blocks, so that it must lie as they do. */
  isGradientInBlocks(node: Node): boolean {
    return node.outputs.some(({ name }) => this.#gradients().has(name))
  }

  /** A gradient of weights, in blocks as they are. */
  setWeights(old: Value, value: Value): void {
    this.#weights.add(old.name)
    this.set(old, { plain: value })
  }

  /** Takes a node over as it is. */
  copy(node: Node): void {
    const inputs = node.inputs.map((input) => input && this.plain(input))
    const { op, domain, attributes } = node
    const name = node.outputs[0].name
    const options = { domain, attributes, name, outputs: node.outputs.length }
    for (const [i, output] of this.g.add(op, inputs, options).entries()) {
      this.set(node.outputs[i], { plain: output })
    }
  }

  #form(old: Value | undefined): Form {
    const form = old && this.#forms.get(old.name)
    if (!form) throw internal(`nothing computes ${old?.name}`)
    return form
  }

  /** A form without anything left to do. */
  #whole(old: Value | undefined): Form {
    const form = this.#form(old)
    const { blocks } = this
    if (form.phases && blocks) {
      form.blocked = this.#woven(form.phases, dimsOf(old as Value))
      delete form.phases
    }
    if (form.scale) {
      if (form.blocked && blocks) form.blocked = blocks.scaleChannels(form.blocked, form.scale)
      else if (form.plain)
        form.plain = mul(this.g, form.plain, reshape(this.g, form.scale, [1, -1, 1, 1]))
      delete form.scale
    }
    return form
  }

  #woven({ parts, shape }: Phases, size: readonly number[]): Value {
    if (!this.blocks) throw internal('phases without blocks')
    const { blocks } = this
    const whole = blocks.weave(parts.map((row) => row.map((part) => part ?? blocks.zeros(shape))))
    return blocks.crop(whole, size)
  }

  /** Values that are the gradients of weights in blocks, whole or in part: convolutions may share weights. */
  #gradients(): ReadonlySet<string> {
    if (this.#gradientNames) return this.#gradientNames
    const names = new Set([...this.#weights].map((name) => `d:${name}`))
    for (const { op, inputs, outputs } of [...this.#graph.nodes].reverse()) {
      if ((op !== 'Identity' && op !== 'Add') || !names.has(outputs[0].name)) continue
      for (const input of inputs) if (input) names.add(input.name)
    }
    this.#gradientNames = names
    return names
  }

  /** Whether a graph input is the weights of convolutions all of which can run in blocks. */
  #isBlockable(name: string): boolean {
    const readers = this.#readers.get(name) ?? []
    const { blocks } = this
    if (!blocks || readers.length === 0) return false
    return readers.every(
      (node) =>
        node.inputs[1]?.name === name &&
        (node.op === 'Conv' || (node.op === 'ConvGradInput' && canGoBack(node))) &&
        suitsBlocks(blocks, dimsOf(node.inputs[1]), node.attributes),
    )
  }
}

const internal = (what: string) => new ModelError('BAD_ARGUMENT', `internal: ${what}`)
