import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attribute, Graph } from '../../src/graph/graph.ts'
import { float } from '../../src/graph/graph.ts'
import { decodeOnnx } from '../../src/onnx/decode.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { arrayOf, type DType, sizeOf, type Tensor, tensor } from '../../src/tensor.ts'
import { elementwiseCases } from '../gradient/cases/elementwise.ts'
import { layoutCases } from '../gradient/cases/layout.ts'
import { sumCases } from '../gradient/cases/sums.ts'
import { windowCases } from '../gradient/cases/windows.ts'
import { graphsOf } from '../gradient/check.ts'
import { inferenceGraph, trainingStep } from './models.ts'

const types: readonly DType[] = [
  ...(['float32', 'float64', 'float16', 'int8', 'uint8'] as const),
  ...(['int16', 'uint16', 'int32', 'int64', 'bool'] as const),
]

const tensors = fc
  .tuple(fc.constantFrom(...types), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([type, dims]) => {
    const bytes = sizeOf(dims) * arrayOf(type).BYTES_PER_ELEMENT
    return fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map(
        (raw) => ({ type, dims, data: new (arrayOf(type))(raw.buffer, 0, sizeOf(dims)) }) as Tensor,
      )
  })

const attributes: fc.Arbitrary<Attribute> = fc.oneof(
  fc.maxSafeInteger(),
  fc.float().map(float),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.maxSafeInteger()),
  tensors,
)

/** What each node computes: names, types and shapes. */
const valuesOf = ({ nodes }: Graph) => nodes.map(({ op, domain, outputs }) => [op, domain, outputs])

const names = fc.string({ unit: 'grapheme', minLength: 1 })

describe('what is written is read again', () => {
  it('any attributes and tensors', () => {
    fc.assert(
      fc.property(
        fc.dictionary(names, attributes),
        fc.dictionary(names, tensors),
        fc.dictionary(names, fc.string({ unit: 'grapheme' })),
        (given, constants, metadata) => {
          const input = { name: 'nebulift input', type: 'float32' as const, shape: ['batch', 3] }
          const output = { ...input, name: 'nebulift output' }
          const nodes = [
            { op: 'Relu', domain: '', inputs: [input], outputs: [output], attributes: given },
          ]
          const graph: Graph = {
            name: 'any',
            inputs: [input],
            outputs: [output],
            constants: new Map(Object.entries(constants)),
            nodes,
          }
          const read = decodeOnnx(encodeOnnx(graph, { metadata }))
          expect(read.graph).toEqual(graph)
          expect(read.metadata).toEqual(metadata)
          expect(read.opsets).toEqual({ '': 18 })
        },
      ),
    )
  })

  it('to the same bytes, for the graphs of every operator', () => {
    for (const tested of [...elementwiseCases, ...layoutCases, ...sumCases, ...windowCases]) {
      const bytes = encodeOnnx(graphsOf(tested).forward)
      expect(encodeOnnx(decodeOnnx(bytes).graph)).toEqual(bytes)
    }
  })

  it('to the same graph and bytes, for a network and a step of training', () => {
    for (const graph of [inferenceGraph(), trainingStep()]) {
      const bytes = encodeOnnx(graph, { metadata: { classes: 'a,b' } })
      const { graph: read, metadata, opsets } = decodeOnnx(bytes)
      expect(read.inputs).toEqual(graph.inputs)
      expect(read.outputs).toEqual(graph.outputs)
      expect(read.constants).toEqual(graph.constants)
      expect(valuesOf(read)).toEqual(valuesOf(graph))
      expect(encodeOnnx(read, { metadata, opsets })).toEqual(bytes)
    }
  })

  it('with the largest whole numbers', () => {
    const data = BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), -1n)
    const big: Tensor = { type: 'int64', dims: [3], data }
    const graph = {
      ...inferenceGraph(),
      constants: new Map([['big', big]]),
      nodes: [],
      outputs: [],
    }
    expect(decodeOnnx(encodeOnnx(graph)).graph.constants.get('big')).toEqual(big)
  })

  it('refuses to write what only a lowering understands', () => {
    const x = { name: 'x', type: 'float32' as const, shape: [1] }
    const node = { op: 'ReluGrad', domain: 'nebulift', inputs: [x], outputs: [x], attributes: {} }
    const graph = { name: 'g', inputs: [x], outputs: [x], constants: new Map(), nodes: [node] }
    expect(() => encodeOnnx(graph)).toThrow('graph g: nodes of nebulift cannot be written')
    const other = { ...graph, nodes: [{ ...node, domain: 'toString' }] }
    expect(() => encodeOnnx(other)).toThrow('graph g: nodes of toString cannot be written')
  })

  it('counts numbers against shapes', () => {
    const wrong = { ...tensor([1, 2]), dims: [3] }
    const graph = {
      ...inferenceGraph(),
      constants: new Map([['w', wrong]]),
      nodes: [],
      outputs: [],
    }
    const read = () => decodeOnnx(encodeOnnx(graph))
    expect(read).toThrow('ONNX: w holds 2 numbers, its shape [3] wants 3')
  })
})
