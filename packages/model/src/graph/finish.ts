import { ModelError } from '../errors.ts'
import type { Tensor } from '../tensor.ts'
import { ONNX } from './domains.ts'
import type { Graph, Node, Value } from './graph.ts'

/** A graph that is still growing. */
export interface Draft {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly constants: ReadonlyMap<string, Tensor>
  readonly nodes: readonly Node[]
  /** A name that nothing has. */
  readonly fresh: (wanted: string) => string
}

// A second output that is not asked for costs a max pool far more than the first.
const optional = new Set(['MaxPool', 'Dropout'])

/** The graph that computes `outputs` under their own names, and nothing else. Inputs stay, used or not. */
export function pruned(draft: Draft, outputs: readonly Value[]): Graph {
  const { name, inputs } = draft
  const needed = new Set(outputs.map((output) => output.name))
  const nodes: Node[] = []
  for (const node of [...draft.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output.name))) continue
    for (const input of node.inputs) if (input) needed.add(input.name)
    const last = node.outputs.findLastIndex((output) => needed.has(output.name))
    nodes.push(optional.has(node.op) ? { ...node, outputs: node.outputs.slice(0, last + 1) } : node)
  }
  const constants = new Map([...draft.constants].filter(([id]) => needed.has(id)))
  return { name, inputs, outputs, constants, nodes: nodes.reverse() }
}

/** The graph that computes `outputs`, each under the name of its key; whatever had that name gets another. */
export function named(draft: Draft, outputs: Readonly<Record<string, Value>>): Graph {
  const computed = new Set(draft.nodes.flatMap((node) => node.outputs.map((value) => value.name)))
  const names = new Map<string, string>()
  const copies: Node[] = []
  const results: Value[] = []
  for (const [name, value] of Object.entries(outputs)) {
    if (draft.inputs.some((input) => input.name === name)) {
      throw new ModelError(
        'BAD_ARGUMENT',
        `graph ${draft.name}: output ${name} is called as an input`,
      )
    }
    const output = { ...value, name }
    results.push(output)
    // An input, a constant or a value that is an output twice keeps its name, and is copied.
    if (computed.has(value.name) && !names.has(value.name)) names.set(value.name, name)
    else copies.push({ ...identity, inputs: [value], outputs: [output] })
  }
  for (const name of Object.keys(outputs)) {
    const elsewhere = computed.has(name) || draft.constants.has(name)
    if (elsewhere && !names.has(name)) names.set(name, draft.fresh(name))
  }
  const renamed = <T extends Value | undefined>(value: T): T => {
    const name = value && names.get(value.name)
    return name === undefined ? value : { ...value, name }
  }
  const nodes = draft.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
  }))
  const copied = copies.map((node) => ({ ...node, inputs: node.inputs.map(renamed) }))
  const constants = new Map([...draft.constants].map(([id, t]) => [names.get(id) ?? id, t]))
  return pruned({ ...draft, constants, nodes: [...nodes, ...copied] }, results)
}

const identity = { op: 'Identity', domain: ONNX, attributes: {} }
