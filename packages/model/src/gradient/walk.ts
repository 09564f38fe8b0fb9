import { ModelError } from '../errors.ts'
import type { GraphBuilder } from '../graph/builder.ts'
import { dimsOf, sameShape, shapeText } from '../graph/dims.ts'
import type { Node, Value } from '../graph/graph.ts'
import { scalar, sumTo, total, zerosLike } from '../graph/ops/elementwise.ts'
import { expand } from '../graph/ops/layout.ts'
import { Backward, type GradientRules } from './rule.ts'
import { gradientRules } from './rules.ts'

export interface GradientOptions {
  /** Operator to rule; add your own to the built-in ones. Default `gradientRules`. */
  readonly rules?: GradientRules
  /** Gradient of the loss itself, in its shape. Default ones. */
  readonly seed?: Value
}

/**
 * Adds to a graph the gradients of `loss` with respect to `variables`, by one walk from its last node to
 * its first. Parts of the graph that do not lie between the two are not touched.
 * @returns a gradient in the shape of each variable; zeros for one that the loss does not depend on
 * @throws ModelError `MISSING_RULE`, naming the operator
 */
export function gradients(
  g: GraphBuilder,
  { loss, variables }: { readonly loss: Value; readonly variables: readonly Value[] },
  { rules = gradientRules, seed }: GradientOptions = {},
): Value[] {
  if (seed && !sameShape(seed.shape, loss.shape)) {
    const [got, wanted] = [shapeText(seed.shape), shapeText(loss.shape)]
    throw new ModelError(
      'BAD_ARGUMENT',
      `seed ${seed.name} ${got}: wanted the shape ${wanted} of the loss`,
    )
  }
  const forward = [...g.nodes]
  const active = reachedFrom(variables, forward)
  const wanted = ({ name }: Value) => active.has(name)
  const parts = new Map<string, Value[]>([[loss.name, [seed ?? onesLike(g, loss)]]])
  // Contributions are added once all are there: a node comes after everything that reads its outputs.
  const sumOf = (value: Value): Value | undefined => {
    const list = parts.get(value.name)
    if (!list) return undefined
    const sum = total(g, list)
    parts.set(value.name, [sum])
    return sum
  }
  for (const node of forward.reverse()) {
    if (!node.inputs.some((input) => input && wanted(input))) continue
    const dys = node.outputs.map(sumOf)
    if (dys.every((dy) => dy === undefined)) continue
    const rule = Object.hasOwn(rules, node.op) ? rules[node.op] : undefined
    if (!rule) throw new ModelError('MISSING_RULE', `no gradient rule for ${describe(node)}`)
    const at = new Backward(g, { node, dys, wanted })
    for (const { input, part } of fitted(at, rule(at))) {
      parts.set(input.name, [...(parts.get(input.name) ?? []), part])
    }
  }
  return variables.map((variable) => sumOf(variable) ?? zerosLike(g, variable))
}

/** Gradients beside the inputs that want them; what broadcasting stretched is summed. */
function fitted(at: Backward, found: readonly (Value | undefined)[]) {
  const { op, inputs } = at.node
  if (found.findLastIndex(Boolean) >= inputs.length) {
    throw new ModelError(
      'BAD_ARGUMENT',
      `internal: rule of ${op}: got ${found.length} gradients, wanted ${inputs.length}`,
    )
  }
  return inputs.flatMap((input, i) => {
    const gradient = found[i]
    if (!gradient || !input || !at.wants(i)) return []
    const part = sumTo(at.g, gradient, input)
    if (!sameShape(part.shape, input.shape)) {
      throw new ModelError(
        'BAD_ARGUMENT',
        `internal: rule of ${op}: gradient ${shapeText(part.shape)} of ${input.name} ${shapeText(input.shape)}`,
      )
    }
    return [{ input, part }]
  })
}

const onesLike = (g: GraphBuilder, loss: Value): Value =>
  loss.shape.length === 0 ? scalar(g, 1) : expand(g, scalar(g, 1), dimsOf(loss))

/** Names of all values that change where one of the variables does. */
function reachedFrom(variables: readonly Value[], nodes: readonly Node[]): Set<string> {
  const active = new Set(variables.map(({ name }) => name))
  for (const { inputs, outputs } of nodes) {
    if (!inputs.some((input) => input && active.has(input.name))) continue
    for (const { name, type } of outputs) if (type.startsWith('float')) active.add(name)
  }
  return active
}

function describe({ op, domain, inputs, outputs }: Node): string {
  const values = inputs.map((v) => (v ? `${v.name} ${shapeText(v.shape)}` : '_')).join(', ')
  return `${domain ? `${domain}.` : ''}${op}: ${outputs[0]?.name} = ${op}(${values})`
}
