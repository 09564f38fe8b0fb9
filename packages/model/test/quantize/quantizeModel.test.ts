import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeModel } from '../../src/infer/describe.ts'
import { encodeClassifier } from '../../src/infer/encodeClassifier.ts'
import { predictionsOf } from '../../src/metrics/softmax.ts'
import { resnet18 } from '../../src/networks/resnet.ts'
import { loadClassifier } from '../../src/node/classifier.ts'
import { type QuantizeOptions, quantizeModel } from '../../src/node/quantize.ts'
import { openSession } from '../../src/node/session.ts'
import { decodeOnnx } from '../../src/onnx/decode.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { tensor } from '../../src/tensor.ts'
import { lively, pictures } from '../infer/helpers.ts'

const network = resnet18({ classes: 4, sizePx: 64, width: 0.5, evidence: 2 })
const model = encodeClassifier(network, lively(network), { classes: ['a', 'b', 'c', 'd'] })
const examplesOf = (count: number, seed: number) =>
  pictures(count, network.inputs.image, seed).map((image, i) => ({
    image,
    evidence: [Math.sin(i), i / count],
  }))
const examples = examplesOf(12, 1)

async function logitsOf(bytes: Uint8Array): Promise<Float32Array> {
  const classifier = await loadClassifier(bytes, { threads: 1 })
  const logits = await classifier.logits(examplesOf(12, 2))
  await classifier.close()
  return logits
}

const cosine = (a: Float32Array, b: Float32Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0)

describe('quantizeModel', () => {
  it.each<QuantizeOptions>([
    {},
    { method: 'entropy' },
    { method: { percentile: 99.99 } },
    { weightBits: 7 },
  ])('agrees with the float network on pictures it has not seen: %o', async (options) => {
    const int8 = await quantizeModel(model, examples, { ...options, threads: 1 })
    const [a, b] = [await logitsOf(model), await logitsOf(int8)]
    expect(cosine(a, b)).toBeGreaterThan(0.998)
    const [first, second] = [predictionsOf(a, 4), predictionsOf(b, 4)]
    // A network that has learned nothing is in two minds now and then.
    expect(first.filter((best, i) => best === second[i]).length).toBeGreaterThanOrEqual(11)
  })

  it('keeps the words and says how it was made', async () => {
    const int8 = await quantizeModel(model, examples, { method: { percentile: 99.9 } })
    expect(describeModel(int8)).toEqual({
      ...describeModel(model),
      quantization: { method: 'percentile 99.9', weightBits: 8, examples: 12 },
    })
  })

  it('writes standard operators only, every weight of a convolution in one byte', async () => {
    const { graph, opsets } = decodeOnnx(await quantizeModel(model, examples))
    expect(opsets).toEqual({ '': 18 })
    expect(new Set(graph.nodes.map(({ domain }) => domain))).toEqual(new Set(['']))
    const large = [...graph.constants.values()].filter(
      ({ data, dims }) => dims.length === 4 && data.length > 2 ** 12,
    )
    expect(large.length).toBeGreaterThan(15)
    expect(new Set(large.map(({ type }) => type))).toEqual(new Set(['int8']))
    const weights = [...graph.constants].filter(([name]) => name.endsWith(':weight:whole'))
    for (const [name, { data }] of weights) {
      const most = (data as Int8Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect([name, most]).toEqual([name, 127])
    }
  })

  it('runs in whole numbers from the first convolution to the last', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nebulift-'))
    const int8 = await quantizeModel(model, examples)
    const session = await openSession(int8, { threads: 1, profile: join(folder, 'run') })
    const image = tensor(examples[0].image, [1, ...network.inputs.image])
    await session.run(
      new Map([
        ['image', image],
        ['evidence', tensor([0, 0], [1, 2])],
      ]),
    )
    await session.close()
    const [file] = await readdir(folder)
    const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as {
      name: string
      args?: { op_name: string }
    }[]
    await rm(folder, { recursive: true })
    const counts = new Map<string, number>()
    for (const { name, args } of events) {
      if (!name.endsWith('_kernel_time') || !args) continue
      counts.set(args.op_name, (counts.get(args.op_name) ?? 0) + 1)
    }
    expect(counts.get('QLinearConv')).toBe(20)
    expect(counts.get('QLinearAdd')).toBe(8)
    for (const op of ['Conv', 'FusedConv', 'Relu', 'Add']) expect(counts.get(op)).toBe(undefined)
    // The image in, the features out: nothing else is rounded or made float again.
    expect([counts.get('QuantizeLinear'), counts.get('DequantizeLinear')]).toEqual([1, 1])
  })

  it('makes a full ResNet18 as small as 26 % of the float one', async () => {
    const full = resnet18()
    const classes = Array.from({ length: 1000 }, (_, i) => `class ${i}`)
    const float = encodeClassifier(full, lively(full), { classes })
    const image = pictures(1, full.inputs.image)[0]
    const int8 = await quantizeModel(float, [{ image }])
    expect(int8.length / float.length).toBeLessThan(0.26)
  })

  it('refuses what it cannot quantise, in one clear sentence', async () => {
    const int8 = await quantizeModel(model, examples.slice(0, 1))
    await expect(quantizeModel(int8, examples)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: 'graph resnet18 is in int8 already',
    })
    const { graph, metadata } = decodeOnnx(model)
    await expect(quantizeModel(encodeOnnx(graph), examples)).rejects.toThrow(
      'the model is not a classifier of nebulift: its metadata name no kind',
    )
    await expect(quantizeModel(model.subarray(0, 5000), examples)).rejects.toMatchObject({
      code: 'BAD_FILE',
    })
    const last = graph.nodes.filter(({ op }) => op === 'Softmax')
    const dense = { ...graph, inputs: [...graph.inputs, ...last.flatMap(({ inputs }) => inputs)] }
    const without = {
      ...dense,
      nodes: last,
      outputs: last.flatMap(({ outputs }) => outputs),
    } as typeof graph
    await expect(quantizeModel(encodeOnnx(without, { metadata }), examples)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('holds no convolution'),
    })
    await expect(quantizeModel(model, [])).rejects.toThrow('no examples to calibrate with')
    await expect(quantizeModel(model, [{ image: new Uint8Array(3) }])).rejects.toThrow(
      'image 0 has 3',
    )
  })

  it('refuses weights that are not finite', async () => {
    const tensors = lively(network)
    tensors.get('layer2.0.conv1.weight')!.data[7] = Number.NaN
    const broken = encodeClassifier(network, tensors, { classes: ['a', 'b', 'c', 'd'] })
    await expect(quantizeModel(broken, examples)).rejects.toMatchObject({ code: 'NOT_FINITE' })
  })
})
