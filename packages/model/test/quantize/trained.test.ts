import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClassifierExample } from '../../src/infer/classifier.ts'
import { encodeClassifier } from '../../src/infer/encodeClassifier.ts'
import { resnet18 } from '../../src/networks/resnet.ts'
import { quantizeModel } from '../../src/node/quantize.ts'
import { compareModels } from '../../src/node/quantizeReport.ts'
import { createTrainer } from '../../src/node/trainer.ts'
import { type Random, random } from '../../src/random.ts'
import { type Tensor, tensor } from '../../src/tensor.ts'

const SIZE = 32
const network = resnet18({ classes: 2, sizePx: SIZE, width: 0.25, channels: 1 })

/** A round spot or a line, at any place and angle, on a noisy sky with a few bright points. */
function sky(label: number, numbers: Random): Float32Array {
  const image = Float32Array.from({ length: SIZE * SIZE }, () => 0.2 + 0.05 * numbers.normal())
  for (let i = 0; i < 3; i++) image[numbers.below(image.length)] = 1
  const [x0, y0] = [8 + 16 * numbers.uniform(), 8 + 16 * numbers.uniform()]
  const angle = Math.PI * numbers.uniform()
  for (let i = 0; i < image.length; i++) {
    const [dx, dy] = [(i % SIZE) - x0, Math.floor(i / SIZE) - y0]
    const across = dx * Math.sin(angle) - dy * Math.cos(angle)
    const far = label === 0 ? (dx * dx + dy * dy) / 18 : (across * across) / 2
    image[i] = Math.min(1, Math.max(0, image[i] + 0.4 * Math.exp(-far)))
  }
  return image
}

function skies(count: number, seed: number): (ClassifierExample & { label: number })[] {
  const numbers = random(seed)
  return Array.from({ length: count }, (_, i) => ({ image: sky(i % 2, numbers), label: i % 2 }))
}

describe('a network that was trained', () => {
  let tensors: Map<string, Tensor>
  let close: () => Promise<void>

  beforeAll(async () => {
    const trainer = await createTrainer({ network, seed: 1, threads: 1, graph: 'portable' })
    close = () => trainer.close()
    const numbers = random(2)
    for (let step = 0; step < 60; step++) {
      const images = Array.from({ length: 16 }, (_, i) => sky(i % 2, numbers))
      const image = Float32Array.from(images.flatMap((each) => [...each]))
      const target = Float32Array.from({ length: 32 }, (_, i) => Number((i >> 1) % 2 === i % 2))
      await trainer.step({ inputs: { image }, target }, step < 45 ? 0.05 : 0.01)
    }
    const { parameters, buffers } = await trainer.snapshot()
    const shaped = [...parameters].map(([name, data]): [string, Tensor] => {
      return [name, tensor(data, trainer.shapes.get(name))]
    })
    const flat = [...buffers].map(([name, data]): [string, Tensor] => [name, tensor(data)])
    tensors = new Map([...shaped, ...flat])
  })

  afterAll(() => close())

  it.each([8, 7] as const)('is as right in int8, with weights of %i bits', async (weightBits) => {
    const float = encodeClassifier(network, tensors, { classes: ['spot', 'line'] })
    const int8 = await quantizeModel(float, skies(60, 3), { weightBits, threads: 1 })
    const examples = skies(100, 4)
    const labels = examples.map(({ label }) => label)
    const found = await compareModels({ float, int8 }, { examples, labels, rounds: 1, threads: 1 })
    expect(found.accuracy?.float).toBeGreaterThan(0.9)
    expect(found.accuracy?.int8).toBeGreaterThanOrEqual((found.accuracy?.float ?? 1) - 0.01)
    expect(found.sameClass).toBeGreaterThanOrEqual(0.98)
    expect(found.cosine).toBeGreaterThan(0.999)
  })
})
