import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openSession } from '../../src/node/session.ts'
import { decodeOnnx } from '../../src/onnx/decode.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { tensor } from '../../src/tensor.ts'
import { distance } from '../gradient/check.ts'

const file = (name: string) => readFileSync(new URL(`files/${name}`, import.meta.url))
const bytes = file('torch.onnx')
const values = JSON.parse(file('torch.json').toString('utf8'))

describe('a file that PyTorch exported', () => {
  const { graph, opsets } = decodeOnnx(bytes)

  it('is read with its weights, shapes and operator set', () => {
    expect(opsets).toEqual({ '': 16 })
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float32', shape: ['batch', 3, 8, 8] }])
    expect(graph.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['logits', ['batch', 3]],
      ['probabilities', ['batch', 3]],
    ])
    expect(graph.constants.get('head.weight')?.dims).toEqual([3, 8])
    const pooled = graph.nodes.find(({ op }) => op === 'AveragePool')
    expect(pooled?.outputs[0].shape).toEqual(['batch', 4, 2, 2])
  })

  it('is read alike from a part of a larger buffer', () => {
    const wide = new Uint8Array(bytes.length + 3)
    wide.set(bytes, 3)
    expect(decodeOnnx(wide.subarray(3)).graph).toEqual(graph)
  })

  it('gives PyTorch’s numbers, as it is and written again', async () => {
    for (const model of [new Uint8Array(bytes), encodeOnnx(graph, { opsets })]) {
      const session = await openSession(model, { threads: 1 })
      const results = await session.run(new Map([['x', tensor(values.x, values.dims)]]))
      await session.close()
      for (const name of ['logits', 'probabilities']) {
        const got = results.get(name)?.data as Float32Array
        expect(distance(got, values[name]), name).toBeLessThan(1e-5)
      }
    }
  })
})
