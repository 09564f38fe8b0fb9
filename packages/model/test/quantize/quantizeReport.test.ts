import { describe, expect, it } from 'vitest'
import { encodeClassifier } from '../../src/infer/encodeClassifier.ts'
import { predictionsOf } from '../../src/metrics/softmax.ts'
import { resnet18 } from '../../src/networks/resnet.ts'
import { loadClassifier } from '../../src/node/classifier.ts'
import { quantizeModel } from '../../src/node/quantize.ts'
import {
  chooseModel,
  compareModels,
  type ModelComparison,
  reasonAgainst,
} from '../../src/node/quantizeReport.ts'
import { lively, pictures } from '../infer/helpers.ts'

const network = resnet18({ classes: 3, sizePx: 32, width: 0.25 })
const words = { classes: ['a', 'b', 'c'] }
const float = encodeClassifier(network, lively(network), words)
const other = encodeClassifier(network, lively(network, 7), words)
const examplesOf = (seed: number) =>
  pictures(10, network.inputs.image, seed).map((image) => ({ image }))
const examples = examplesOf(2)
const quick = { examples, rounds: 3, threads: 1 }

async function saidBy(model: Uint8Array): Promise<Uint32Array> {
  const classifier = await loadClassifier(model)
  const found = predictionsOf(await classifier.classify(examples), 3)
  await classifier.close()
  return found
}

describe('compareModels', () => {
  it('measures size, time, agreement and accuracy', async () => {
    const int8 = await quantizeModel(float, examplesOf(1))
    const labels = await saidBy(float)
    const found = await compareModels({ float, int8 }, { ...quick, labels })
    expect(found.sizeBytes).toEqual({ float: float.length, int8: int8.length })
    expect(found.latency.map(({ batch }) => batch)).toEqual([1, 16])
    for (const { floatMs, int8Ms, speedup } of found.latency) {
      expect(floatMs).toBeGreaterThan(0)
      expect(speedup).toBe(floatMs / int8Ms)
    }
    expect(found.cosine).toBeGreaterThan(0.99)
    expect(found.maxProbabilityDifference).toBeLessThan(0.1)
    expect(found.accuracy).toEqual({ float: 1, int8: found.sameClass })
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  })

  it('finds a model in full agreement with itself', async () => {
    const found = await compareModels({ float, int8: float }, quick)
    expect(found).toMatchObject({ sameClass: 1, maxProbabilityDifference: 0 })
    expect(found.cosine).toBeCloseTo(1, 6)
    expect(found.accuracy).toBe(undefined)
  })

  it('wants examples, and a label for each', async () => {
    const pair = { float, int8: float }
    await expect(compareModels(pair, { examples: [] })).rejects.toThrow('got 0 examples')
    await expect(compareModels(pair, { examples, labels: [1] })).rejects.toThrow(
      'got 10 examples and 1 labels',
    )
  })
})

describe('chooseModel', () => {
  it('keeps float where int8 says something else', async () => {
    const int8 = await quantizeModel(other, examplesOf(1))
    const labels = await saidBy(float)
    const { choice, model, reason, comparison } = await chooseModel({
      float,
      int8,
      ...quick,
      labels,
    })
    expect([choice, model === float]).toEqual(['float', true])
    const lost = (100 * (1 - comparison.sameClass)).toFixed(2)
    expect(reason).toBe(`int8 loses ${lost} %, more than 1.00 %`)
  })

  it('takes int8 unless the comparison speaks against it', async () => {
    const int8 = await quantizeModel(float, examplesOf(1))
    const found = await chooseModel({ float, int8, ...quick, maxLoss: 0.5 })
    const against = reasonAgainst(found.comparison, 0.5)
    expect(found.choice).toBe(against ? 'float' : 'int8')
    expect(found.model).toBe(against ? float : int8)
  })

  it.each<[string, Partial<ModelComparison>, string | undefined]>([
    ['faster and as good', {}, undefined],
    ['a little worse', { accuracy: { float: 0.9, int8: 0.892 } }, undefined],
    ['too much worse', { accuracy: { float: 0.9, int8: 0.88 } }, 'loses 2.22 %, more than 1.00 %'],
    ['better', { accuracy: { float: 0.9, int8: 0.95 }, sameClass: 0.8 }, undefined],
    ['never right', { accuracy: { float: 0, int8: 0 } }, undefined],
    ['of another mind, unlabelled', { sameClass: 0.9 }, 'loses 10.00 %'],
    [
      'slower at 16',
      { latency: [latency(1, 4, 2), latency(16, 20, 25)] },
      'is no faster here: 25.00 ms against 20.00 ms for 16 at a time',
    ],
  ])('judges int8 that is %s', (_, changed, expected) => {
    const reason = reasonAgainst({ ...good, ...changed }, 0.01)
    if (expected === undefined) expect(reason).toBe(undefined)
    else expect(reason).toContain(`int8 ${expected}`)
  })
})

function latency(batch: number, floatMs: number, int8Ms: number) {
  return { batch, floatMs, int8Ms, speedup: floatMs / int8Ms }
}

const good: ModelComparison = {
  sizeBytes: { float: 400, int8: 100 },
  latency: [latency(1, 4, 2), latency(16, 60, 20)],
  sameClass: 1,
  maxProbabilityDifference: 0.01,
  cosine: 0.999,
}
