import { expect, it } from 'vitest'
import { ModelError } from '../../src/errors.ts'
import { probeBlocks } from '../../src/lower/probe.ts'
import type { tensor } from '../../src/tensor.ts'
import { block, runModel } from './both.ts'

it('is 16, 8 or 0 on this machine', () => {
  expect([0, 8, 16]).toContain(block)
})

it('is 0 for a runtime that refuses', async () => {
  const refuses = async () => {
    throw new ModelError('BAD_FILE', 'ONNX Runtime refuses the model')
  }
  expect(await probeBlocks(refuses)).toBe(0)
})

it('is 0 for a runtime that leaves channels where they are', async () => {
  const leaves = async (_: Uint8Array, feeds: ReadonlyMap<string, ReturnType<typeof tensor>>) =>
    new Map([['y', feeds.get('x') as ReturnType<typeof tensor>]])
  expect(await probeBlocks(leaves as never)).toBe(0)
})

it('is 0 for a runtime that blocks as expected and computes otherwise', async (context) => {
  if (block === 0) return context.skip('this machine’s runtime has no blocked convolutions')
  const off = async (...call: Parameters<typeof runModel>) => {
    const results = await runModel(...call)
    const [[name, y]] = results
    const numbers = y.data as Float32Array
    // The order of channels stays as it is; a sum is off by one part in ten thousand.
    return new Map([[name, { ...y, data: numbers.map((v) => (v > 20 ? v * 1.0001 : v)) }]])
  }
  expect(await probeBlocks(off as never)).toBe(0)
})

it('lets other errors through', async () => {
  const breaks = async () => {
    throw new TypeError('a mistake of ours')
  }
  await expect(probeBlocks(breaks)).rejects.toThrow('a mistake of ours')
})
