import { ModelError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Graph, Node, Value } from '../graph/graph.ts'
import { longs } from '../tensor.ts'
import { Blocks } from './blocks.ts'

/** A value of the old graph in the new one: in rows, in blocks of channels, or both. */
interface Form {
  plain?: Value
  blocked?: Value
  /** What each channel is still to be multiplied with. */
  scale?: Value
}

/** A graph being rewritten: the new graph, and what became of each value of the old one. */
export class Lowering {
  readonly g: GraphBuilder
  /** The runtime's blocked convolutions, where it has them. */
  readonly blocks: Blocks | undefined
  readonly #forms = new Map<string, Form>()
  readonly #readers = new Map<string, Node[]>()

  constructor(graph: Graph, block: number) {
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
  }

  /** The nodes that read a value. */
  readers({ name }: Value): readonly Node[] {
    return this.#readers.get(name) ?? []
  }

  /** A value in rows. */
  plain(old: Value | undefined): Value {
    const form = this.#form(old)
    if (form.scale) this.#multiply(form)
    if (form.plain) return form.plain
    if (!form.blocked || !this.blocks)
      throw new ModelError('BAD_ARGUMENT', `internal: ${old?.name} has no form`)
    form.plain = this.blocks.toRows(form.blocked)
    return form.plain
  }

  /** A value in blocks; only where there are blocks. */
  blocked(old: Value): Value {
    const form = this.#form(old)
    if (form.scale) this.#multiply(form)
    if (form.blocked) return form.blocked
    if (!form.plain || !this.blocks)
      throw new ModelError('BAD_ARGUMENT', `internal: ${old.name} has no blocks`)
    form.blocked = this.blocks.toBlocks(form.plain)
    return form.blocked
  }

  /** A value as it lies, with what its channels are still to be multiplied with. */
  unscaled(old: Value): { readonly value: Value; readonly scale: Value | undefined } {
    const form = this.#form(old)
    const value = form.blocked ?? form.plain
    if (!value) throw new ModelError('BAD_ARGUMENT', `internal: ${old.name} has no form`)
    return { value, scale: form.scale }
  }

  /** Whether a value lies in blocks already. */
  isBlocked({ name }: Value): boolean {
    return this.#forms.get(name)?.blocked !== undefined
  }

  set(old: Value, form: { plain?: Value; blocked?: Value; scale?: Value }): void {
    this.#forms.set(old.name, { ...form })
  }

  /** Takes a node over as it is. */
  copy(node: Node): void {
    const inputs = node.inputs.map((input) => input && this.plain(input))
    const { op, domain, attributes } = node
    const name = node.outputs[0].name
    const outputs = this.g.add(op, inputs, {
      domain,
      attributes,
      name,
      outputs: node.outputs.length,
    })
    for (const [i, output] of outputs.entries()) this.set(node.outputs[i], { plain: output })
  }

  #form(old: Value | undefined): Form {
    const form = old && this.#forms.get(old.name)
    if (!form) throw new ModelError('BAD_ARGUMENT', `internal: nothing computes ${old?.name}`)
    return form
  }

  #multiply(form: Form): void {
    const { scale } = form
    if (!scale) return
    if (form.blocked && this.blocks) form.blocked = this.blocks.scaleChannels(form.blocked, scale)
    else if (form.plain) {
      const wide = this.g.op('Reshape', [
        scale,
        this.g.shared('longs_1_-1_1_1', () => longs([1, -1, 1, 1])),
      ])
      form.plain = this.g.op('Mul', [form.plain, wide])
    }
    delete form.scale
  }
}
