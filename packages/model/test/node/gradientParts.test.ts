import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resnet18 } from '../../src/networks/resnet.ts'
import { type Batch, createTrainer, type Trainer } from '../../src/node/trainer.ts'
import { random } from '../../src/random.ts'

const network = resnet18({ classes: 3, channels: 2, sizePx: 32, width: 0.25, evidence: 4 })

function batchOf(size: number): Batch {
  const { normal } = random(5)
  const numbers = (count: number) => Float32Array.from({ length: count }, normal)
  return {
    inputs: { image: numbers(size * 2 * 32 * 32), evidence: numbers(size * 4) },
    target: Float32Array.from({ length: size * 3 }, (_, i) =>
      Number(Math.floor(i / 3) % 3 === i % 3),
    ),
  }
}

describe.each(['portable', 'fast'] as const)('gradients in parts, %s', (graph) => {
  let trainer: Trainer
  beforeAll(async () => {
    trainer = await createTrainer({ network, seed: 2, graph })
  })
  afterAll(() => trainer.close())

  it.each([1, 2, 5])('%i parts give what one pass gives, each parameter once', async (parts) => {
    const batch = batchOf(4)
    const before = await trainer.snapshot()
    const whole = await trainer.gradients(batch)
    const buffers = (await trainer.snapshot()).buffers
    await trainer.restore(before)
    const seen = new Map<string, Float32Array>()
    const losses: (number | undefined)[] = []
    for await (const part of trainer.gradientParts(batch, parts)) {
      losses.push(part.loss)
      for (const [name, gradient] of part.gradients) {
        expect(seen.has(name)).toBe(false)
        seen.set(name, gradient)
      }
    }
    expect(losses).toEqual([whole.loss, ...Array(parts - 1).fill(undefined)])
    expect([...seen.keys()].sort()).toEqual([...whole.gradients.keys()].sort())
    for (const [name, gradient] of whole.gradients) expect(seen.get(name)).toEqual(gradient)
    expect((await trainer.snapshot()).buffers).toEqual(buffers)
  })

  it('the last layers come first, and sizes are alike', async () => {
    const sizes: number[] = []
    const first: string[] = []
    for await (const { gradients } of trainer.gradientParts(batchOf(2), 2)) {
      if (sizes.length === 0) first.push(...gradients.keys())
      sizes.push([...gradients.values()].reduce((sum, { length }) => sum + length, 0))
    }
    expect(first).toContain('fc.weight')
    expect(first).not.toContain('conv1.weight')
    const [large = 0, small = 0] = sizes.sort((a, b) => b - a)
    expect(small).toBeGreaterThan(0.2 * large)
  })
})
