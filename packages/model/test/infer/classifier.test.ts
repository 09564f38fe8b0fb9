import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describeModel } from '../../src/infer/describe.ts'
import { encodeClassifier } from '../../src/infer/encodeClassifier.ts'
import { inferenceGraph } from '../../src/infer/inferenceGraph.ts'
import { softmax } from '../../src/metrics/softmax.ts'
import { resnet18 } from '../../src/networks/resnet.ts'
import { loadClassifier } from '../../src/node/classifier.ts'
import { decodeOnnx } from '../../src/onnx/decode.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { apart, lively, pictures } from './helpers.ts'

const network = resnet18({ classes: 3, sizePx: 32, width: 0.25, evidence: 2 })
const words = {
  classes: ['star', 'galaxy', 'quasar'],
  evidence: ['redshift', 'g - r'],
  temperature: 1.5,
  provenance: { run: 'night 7', epochs: 3 },
}
const tensors = lively(network)
const model = encodeClassifier(network, tensors, words)
const images = pictures(7, network.inputs.image)
const examples = images.map((image, i) => ({ image, evidence: Float32Array.of(i / 7, -i) }))

it('loading and running a classifier leaves the arithmetic of this thread as it was', async () => {
  const classifier = await loadClassifier(model)
  await classifier.classify(examples)
  await classifier.close()
  const tiny = Number.MIN_VALUE
  expect(tiny > 0 && (tiny * 2) / 2 === tiny).toBe(true)
})

describe('a classifier file', () => {
  it('says what it is', () => {
    expect(describeModel(model)).toEqual({
      network: { name: 'resnet18', settings: network.settings },
      inputs: { image: [3, 32, 32], evidence: [2] },
      ...words,
    })
  })

  it('has as many names as the network has classes and numbers', () => {
    const wrong = (changed: object) => () =>
      encodeClassifier(network, tensors, { ...words, ...changed })
    expect(wrong({ classes: ['star'] })).toThrow('got 1 class names, the network has 3')
    expect(wrong({ evidence: [] })).toThrow('got 0 evidence names, the network has 2')
  })

  it.each([
    [
      'a foreign ONNX',
      () => encodeOnnx(inferenceGraph(network, tensors)),
      'its metadata name no kind',
    ],
    ['no ONNX at all', () => new TextEncoder().encode('<html>'), 'it is not ONNX, or damaged'],
    [
      'a file that was cut off',
      () => model.subarray(0, model.length - 50),
      'it is not ONNX, or damaged',
    ],
    ['an empty file', () => new Uint8Array(), 'it is not ONNX, or damaged'],
    [
      'another kind',
      () => encodeOnnx(inferenceGraph(network, tensors), { metadata: { kind: 'poem' } }),
      'its kind is poem',
    ],
  ])('%s is refused', async (_, bytes, why) => {
    await expect(loadClassifier(bytes())).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringContaining(`the model is not a classifier of nebulift: ${why}`),
    })
  })

  it('whose words and graph differ is refused', async () => {
    const graph = inferenceGraph(network, tensors, { output: 'both' })
    const { classes, evidence, ...rest } = describeModel(model)
    const metadata = (list: readonly string[]) => ({
      kind: 'nebulift.classifier/1',
      evidence: JSON.stringify(evidence),
      classes: JSON.stringify(list),
      ...Object.fromEntries(Object.entries(rest).map(([key, v]) => [key, JSON.stringify(v)])),
    })
    await expect(
      loadClassifier(encodeOnnx(graph, { metadata: metadata(['star']) })),
    ).rejects.toThrow('the model is not what it says: the model yields 3 classes, it names 1')
  })

  it('that is not there is an IO error', async () => {
    await expect(loadClassifier('/nowhere/model.onnx')).rejects.toMatchObject({ code: 'IO' })
  })
})

describe('loadClassifier', () => {
  it('gives the same rows whatever the batch, from bytes and from a path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nebulift-'))
    const path = join(folder, 'model.onnx')
    await writeFile(path, model)
    const [one, many] = [
      await loadClassifier(model, { batch: 3, threads: 1 }),
      await loadClassifier(path),
    ]
    const [a, b] = [await one.classify(examples), await many.classify(examples)]
    expect(a.length).toBe(21)
    expect(apart(a, b)).toBeLessThan(1e-5)
    expect(apart(softmax(await one.logits(examples), 3, 1.5), a)).toBeLessThan(1e-5)
    await Promise.all([one.close(), many.close(), rm(folder, { recursive: true })])
  })

  it('takes bytes for their 255th, and no evidence for zeros', async () => {
    const classifier = await loadClassifier(model, { threads: 1 })
    const bytes = Uint8Array.from(images[0], (value) => Math.round(value * 255))
    const floats = Float32Array.from(bytes, (value) => value / 255)
    const rows = await classifier.classify([
      // First an example with evidence: what it leaves in the memory must not be seen.
      { image: floats, evidence: [5, 5] },
      { image: bytes },
      { image: floats, evidence: [0, 0] },
    ])
    const alone = await classifier.classify([{ image: bytes }])
    expect(rows.slice(3, 6)).toEqual(rows.slice(6, 9))
    expect(apart(alone, rows.slice(3, 6))).toBeLessThan(1e-5)
    expect(rows.slice(0, 3)).not.toEqual(rows.slice(3, 6))
    await classifier.close()
  })

  it('answers calls at the same time, none mixed with another', async () => {
    const classifier = await loadClassifier(model, { batch: 2, threads: 1 })
    const together = await Promise.all(examples.map((example) => classifier.classify([example])))
    const rows = await classifier.classify(examples)
    expect(
      apart(
        together.flatMap((row) => [...row]),
        rows,
      ),
    ).toBeLessThan(1e-5)
    expect(await classifier.classify([])).toEqual(new Float32Array())
    await classifier.close()
  })

  it('names the example that does not fit, and refuses work after close', async () => {
    const classifier = await loadClassifier(model)
    await expect(
      classifier.classify([examples[0], { image: new Float32Array(5) }]),
    ).rejects.toThrow('image 1 has 5 numbers, wanted 3072 for [3, 32, 32]')
    await expect(classifier.classify([{ image: images[0], evidence: [1] }])).rejects.toThrow(
      'evidence 0 has 1 numbers, wanted 2 for [2]',
    )
    await classifier.close()
    await expect(classifier.classify(examples)).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(loadClassifier(model, { batch: 0 })).rejects.toThrow('batch 0')
  })
})

describe('loadClassifier in a worker thread', () => {
  it('answers as in the calling thread, any number of calls at a time', async () => {
    const [here, there] = await Promise.all([
      loadClassifier(model, { threads: 1 }),
      loadClassifier(model, { threads: 1, batch: 2, worker: true }),
    ])
    const rows = await here.classify(examples)
    const calls = await Promise.all([there.classify(examples), there.classify(examples)])
    for (const found of calls) expect(apart(found, rows)).toBeLessThan(1e-5)
    expect(apart(await there.logits(examples), await here.logits(examples))).toBeLessThan(1e-5)
    // What the caller gave is still there.
    expect(examples[0].image.length).toBe(3072)
    await Promise.all([here.close(), there.close()])
    await expect(there.classify(examples)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('leaves the main loop free', async () => {
    const large = resnet18({ classes: 3, sizePx: 224, width: 0.5 })
    const bytes = encodeClassifier(large, lively(large), { classes: words.classes })
    const classifier = await loadClassifier(bytes, { threads: 1, batch: 16, worker: true })
    const image = new Uint8Array(3 * 224 * 224)
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await classifier.classify(Array.from({ length: 32 }, () => ({ image })))
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(10)
    await classifier.close()
  })

  it('refuses a file the runtime refuses', async () => {
    const { graph, metadata } = decodeOnnx(model)
    const broken = { ...graph, nodes: graph.nodes.filter(({ op }) => op !== 'Relu') }
    await expect(
      loadClassifier(encodeOnnx(broken, { metadata }), { worker: true }),
    ).rejects.toMatchObject({ code: 'BAD_FILE' })
  })
})
