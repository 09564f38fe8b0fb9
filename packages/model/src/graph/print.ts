import { shapeText } from './dims.ts'
import { ONNX } from './domains.ts'
import type { Attribute, Graph, Value } from './graph.ts'

/**
 * A graph as text, one node a line, for people and for tests:
 * `relu [16, 64, 56, 56] = Relu(conv)`.
 */
export function printGraph(graph: Graph): string {
  const value = ({ name, type, shape }: Value) =>
    `${name} ${type === 'float32' ? '' : `${type} `}${shapeText(shape)}`
  const constants = [...graph.constants].map(
    ([name, { type, dims, data }]) =>
      `  const ${value({ name, type, shape: dims })}${data.length <= 8 ? ` = ${[...data].join(' ')}` : ''}`,
  )
  const nodes = graph.nodes.map(({ op, domain, inputs, outputs, attributes }) => {
    const said = Object.entries(attributes).map(
      ([name, given]) => `${name}=${attributeText(given)}`,
    )
    const given = [...inputs.map((input) => input?.name ?? '_'), ...said].join(', ')
    const from = domain === ONNX ? '' : `${domain}.`
    return `  ${outputs.map(value).join(', ')} = ${from}${op}(${given})`
  })
  return [
    `${graph.name}(${graph.inputs.map(value).join(', ')})`,
    ...constants,
    ...nodes,
    `  return ${graph.outputs.map(({ name }) => name).join(', ')}`,
  ].join('\n')
}

function attributeText(value: Attribute): string {
  if (typeof value !== 'object') return String(value)
  if ('float' in value) return String(value.float)
  if ('dims' in value) return `${value.type}${shapeText(value.dims)}`
  return `[${value.join(' ')}]`
}
