import { describe, expect, it } from 'vitest'
import { gradients } from '../../src/gradient/walk.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import { lower } from '../../src/lower/lower.ts'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { random } from '../../src/random.ts'
import { type Tensor, tensor } from '../../src/tensor.ts'
import { binaryCrossEntropy, crossEntropy, focal, type Loss } from '../../src/train/losses.ts'
import { runModel } from '../lower/both.ts'

const N = 5
const C = 3
const numbers = random(11)
const logits = Float32Array.from({ length: N * C }, () => 3 * numbers.normal())
const target = new Float32Array(N * C)
for (let i = 0; i < N; i++) target[i * C + numbers.below(C)] = 1
const weights = [0.5, 2, 3]

/** The loss and its gradient by the logits. */
async function lossOf(loss: Loss, given = logits, wanted = target) {
  const g = new GraphBuilder('loss')
  const [x, t] = [g.input('x', [N, C]), g.input('t', [N, C])]
  const value = loss.build(g, x, t)
  const [d] = gradients(g, { loss: value, variables: [x] })
  const feeds = new Map<string, Tensor>([
    ['x', tensor(given, [N, C])],
    ['t', tensor(wanted, [N, C])],
  ])
  const results = await runModel(encodeOnnx(lower(g.finish({ loss: value, d })).graph), feeds)
  const [a, b] = ['loss', 'd'].map((name) => results.get(name)?.data as Float32Array)
  return { loss: a[0], gradient: [...b] }
}

/** In double precision; the gradient by central differences. */
function expected(value: (logits: readonly number[]) => number) {
  const at = [...logits]
  const moved = (i: number, by: number) => value(at.map((x, j) => (i === j ? x + by : x)))
  return {
    loss: value(at),
    gradient: at.map((_, i) => (moved(i, 1e-4) - moved(i, -1e-4)) / 2e-4),
  }
}

/** Sums over examples and classes, given log p, wanted share and class. */
function summed(
  x: readonly number[],
  term: (log: number, share: number, c: number) => number,
): number {
  let sum = 0
  for (let i = 0; i < N; i++) {
    const row = x.slice(i * C, (i + 1) * C)
    const whole = Math.log(row.reduce((total, v) => total + Math.exp(v), 0))
    row.forEach((v, c) => {
      sum += term(v - whole, target[i * C + c], c)
    })
  }
  return sum
}

const cases: Readonly<Record<string, [Loss, (x: readonly number[]) => number]>> = {
  'cross-entropy': [crossEntropy(), (x) => summed(x, (log, t) => -t * log) / N],
  'with weights, by their sum as in PyTorch': [
    crossEntropy({ weights }),
    (x) => summed(x, (log, t, c) => -weights[c] * t * log) / summed(x, (_, t, c) => weights[c] * t),
  ],
  'with smoothing and weights': [
    crossEntropy({ weights, smoothing: 0.2 }),
    (x) =>
      summed(x, (log, t, c) => -weights[c] * (0.8 * t + 0.2 / C) * log) /
      summed(x, (_, t, c) => weights[c] * t),
  ],
  'binary cross-entropy': [
    binaryCrossEntropy(),
    (x) => x.reduce((sum, v, i) => sum + Math.log(1 + Math.exp(v)) - v * target[i], 0) / (N * C),
  ],
  focal: [focal(), (x) => summed(x, (log, t) => -t * (1 - Math.exp(log)) ** 2 * log) / N],
  'focal with gamma 0.5 and weights': [
    focal({ gamma: 0.5, weights }),
    (x) => summed(x, (log, t, c) => -weights[c] * t * (1 - Math.exp(log)) ** 0.5 * log) / N,
  ],
}

describe('losses and their gradients', () => {
  it.for(Object.entries(cases))('%s', async ([, [loss, value]]) => {
    const [found, wanted] = [await lossOf(loss), expected(value)]
    expect(found.loss).toBeCloseTo(wanted.loss, 5)
    for (const [i, slope] of wanted.gradient.entries())
      expect(found.gradient[i]).toBeCloseTo(slope, 5)
  })

  it.for<[string, Loss]>([
    ['cross-entropy', crossEntropy({ smoothing: 0.1 })],
    ['binary cross-entropy', binaryCrossEntropy()],
    ['focal', focal()],
    ['focal with gamma 1', focal({ gamma: 1 })],
    ['focal with gamma 0.5', focal({ gamma: 0.5 })],
    ['focal with gamma 0', focal({ gamma: 0 })],
  ])('stay finite where the network is quite sure, right or wrong: %s', async ([, loss]) => {
    for (const sure of [80, -80, 1000]) {
      const { loss: value, gradient } = await lossOf(
        loss,
        target.map((t) => sure * t),
      )
      expect([value, ...gradient].filter((v) => !Number.isFinite(v))).toEqual([])
    }
  })

  it('refuse settings that cannot be', () => {
    expect(() => crossEntropy({ smoothing: 1 })).toThrow('crossEntropy: smoothing 1, wanted 0 to')
    expect(() => focal({ gamma: -1 })).toThrow('focal: gamma -1, wanted 0 or above')
    const g = new GraphBuilder('loss')
    const [x, t] = [g.input('x', [N, C]), g.input('t', [N, C])]
    expect(() => crossEntropy({ weights: [1, 2] }).build(g, x, t)).toThrow(
      'loss: got 2 class weights, wanted 3',
    )
  })
})
