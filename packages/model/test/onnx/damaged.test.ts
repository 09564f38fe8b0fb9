import { describe, expect, it } from 'vitest'
import { ModelError } from '../../src/errors.ts'
import { decodeOnnx } from '../../src/onnx/decode.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { MessageWriter } from '../../src/onnx/protobuf.ts'
import { GraphFields, Model, NodeFields, TensorFields } from '../../src/onnx/schema.ts'
import { random } from '../../src/random.ts'
import { inferenceGraph, trainingStep } from './models.ts'

/** What `decodeOnnx` says; any other error than its own is thrown on. */
function codeOf(bytes: Uint8Array): string {
  try {
    decodeOnnx(bytes)
    return 'read'
  } catch (error) {
    if (error instanceof ModelError) return error.code
    throw error
  }
}

const sound = [inferenceGraph(), trainingStep()].map((graph) => encodeOnnx(graph))

describe('a damaged file', () => {
  it('is refused wherever it is cut off, but between two fields of the model', () => {
    for (const bytes of sound) {
      const codes = Array.from({ length: bytes.length }, (_, end) => codeOf(bytes.subarray(0, end)))
      expect(new Set(codes)).toEqual(new Set(['BAD_FILE', 'read']))
      expect(codes.filter((code) => code === 'read').length).toBeLessThan(5)
    }
  })

  it('is read or refused, never anything else, with any byte changed', () => {
    for (const bytes of sound) {
      const numbers = random(9)
      for (const at of bytes.keys()) {
        const changed = bytes.slice()
        changed[at] ^= 1 << numbers.below(8)
        codeOf(changed)
      }
    }
  })

  it('is refused where it is random bytes', () => {
    const numbers = random(10)
    for (let i = 0; i < 3000; i++) {
      const bytes = Uint8Array.from({ length: numbers.below(200) }, () => numbers.below(256))
      expect(codeOf(bytes)).toMatch('BAD_FILE')
      // Behind the beginning of a model and its graph, so that the rest is looked at.
      const graph = new MessageWriter().bytes(Model.graph, bytes).long(Model.irVersion, 9)
      codeOf(graph.finish())
      const node = new MessageWriter().bytes(GraphFields.node, bytes)
      codeOf(modelOf(node))
    }
  })

  it('cannot ask for more memory than it has bytes', () => {
    const huge = new MessageWriter()
      .long(TensorFields.dims, 2n ** 40n)
      .long(TensorFields.dims, 2n ** 40n)
      .long(TensorFields.type, 1)
    expect(codeOf(modelOf(new MessageWriter().message(GraphFields.constant, huge)))).toBe(
      'BAD_FILE',
    )
    const axes = new MessageWriter()
    for (let i = 0; i < 100; i++) axes.long(TensorFields.dims, 1)
    expect(codeOf(modelOf(new MessageWriter().message(GraphFields.constant, axes)))).toBe(
      'BAD_FILE',
    )
  })

  it('may name operators as objects name their own', () => {
    for (const op of ['constructor', 'toString', '__proto__']) {
      const node = new MessageWriter().text(NodeFields.output, 'y').text(NodeFields.op, op)
      expect(codeOf(modelOf(new MessageWriter().message(GraphFields.node, node)))).toBe('read')
    }
  })

  it('says what is wrong', () => {
    const node = new MessageWriter().text(NodeFields.input, 'x').text(NodeFields.op, 'Relu')
    const read = () => decodeOnnx(modelOf(new MessageWriter().message(GraphFields.node, node)))
    expect(read).toThrow('ONNX: Relu reads x, which nothing computes before it')
    expect(() => decodeOnnx(new Uint8Array())).toThrow('not an ONNX model: it holds no graph')
    const text = new TextEncoder().encode('<!doctype html>')
    expect(() => decodeOnnx(text)).toThrow('not a sound protocol buffer')
  })
})

const modelOf = (graph: MessageWriter) =>
  new MessageWriter().long(Model.irVersion, 9).message(Model.graph, graph).finish()
