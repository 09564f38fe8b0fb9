import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeScaling } from '../src/describeScaling.ts'
import { estimateScaling, type ScalingOptions } from '../src/planner.ts'

/** ResNet18 with ten classes over gigabit Ethernet. */
const resnet18: ScalingOptions = {
  modelBytes: 11_181_642 * 4,
  passMs: 500,
  bandwidthBitsPerSecond: 1e9,
  nodes: [1, 2, 4, 8],
}
const at = (nodes: number, options: Partial<ScalingOptions> = {}) =>
  estimateScaling({ ...resnet18, ...options, nodes: [nodes] }).points[0]

describe('estimateScaling', () => {
  // A ring of N processes in network namespaces whose links tbf shapes to 1 Gbit/s: ms for one all-reduce.
  it.each([
    [2, 'float32', 374],
    [4, 'float32', 574],
    [8, 'float32', 665],
    [4, 'bf16', 288],
  ] as const)('%d machines, %s: within 3 %% of the %d ms measured', (nodes, wire, measuredMs) => {
    const { communicateMs } = at(nodes, { wire })
    expect(Math.abs(communicateMs / measuredMs - 1)).toBeLessThan(0.03)
  })

  it('a tenth of the gradients: 54 ms measured', () => {
    const { communicateMs } = at(4, { modelBytes: 4.5e6 })
    expect(Math.abs(communicateMs / 54 - 1)).toBeLessThan(0.1)
  })

  // Steps of 0.5 s with 0.57 s of sums, reckoned by hand.
  it.each([
    [{ overlap: false }, 0.47],
    [{ overlap: false, wire: 'bf16' }, 0.64],
    [{ overlap: false, accumulate: 4 }, 0.78],
    [{ overlap: false, accumulate: 4, wire: 'bf16' }, 0.87],
    [{ overlap: false, passMs: 6000 }, 0.91],
    [{ passMs: 6000 }, 0.98],
  ] as const)('%j on four machines: efficiency %d', (options, efficiency) => {
    expect(Math.abs(at(4, options).efficiency - efficiency)).toBeLessThan(0.012)
  })

  it('one machine waits for nobody', () => {
    expect(at(1)).toMatchObject({ exposedMs: 0, communicateMs: 0, efficiency: 1 })
  })

  it('hides all but the last bucket at best, and nothing in one bucket', () => {
    const many = at(4, { passMs: 60_000 })
    expect(many.exposedMs).toBeCloseTo(many.communicateMs / Math.ceil((11_181_642 * 4) / 6e6), 9)
    const one = at(4, { bucketBytes: 1e9 })
    expect(one.exposedMs).toBe(one.communicateMs)
  })

  it('agrees with buckets followed one by one', () => {
    const sizes = fc.record({
      passMs: fc.double({ min: 1, max: 5000, noNaN: true }),
      backwardShare: fc.double({ min: 0, max: 1, noNaN: true }),
      buckets: fc.integer({ min: 1, max: 40 }),
    })
    fc.assert(
      fc.property(sizes, ({ passMs, backwardShare, buckets }) => {
        const bucketBytes = resnet18.modelBytes / buckets
        const point = at(4, { passMs, backwardShare, bucketBytes })
        const count = Math.ceil(resnet18.modelBytes / bucketBytes)
        const backwardMs = passMs * backwardShare
        let free = 0
        for (let i = 1; i <= count; i++)
          free = Math.max(free, (backwardMs * i) / count) + point.communicateMs / count
        expect(point.exposedMs).toBeCloseTo(free - backwardMs, 6)
      }),
    )
  })

  it('agrees with a processor followed in small steps that talks first and computes with the rest', () => {
    const sizes = fc.record({
      passMs: fc.integer({ min: 100, max: 3000 }),
      communicationCpuMsPerMB: fc.double({ min: 0, max: 15, noNaN: true }),
      buckets: fc.integer({ min: 1, max: 10 }),
    })
    fc.assert(
      fc.property(sizes, ({ passMs, communicationCpuMsPerMB, buckets }) => {
        const bucketBytes = resnet18.modelBytes / buckets
        const options = { passMs, backwardShare: 1, communicationCpuMsPerMB, bucketBytes }
        const { communicateMs, exposedMs } = at(4, options)
        const cpuMs = communicationCpuMsPerMB * 1.5 * (resnet18.modelBytes / 1e6)
        const count = Math.ceil(resnet18.modelBytes / bucketBytes)
        const dt = communicateMs / 5000
        let [now, computed, talked] = [0, 0, 0]
        for (; talked < communicateMs - dt / 2; now += dt) {
          // 1e-9: the last bucket is full when all is computed, whatever sums of floats say.
          const full = Math.floor((computed / passMs) * count + 1e-9)
          const talks = talked < (full / count) * communicateMs - dt / 2
          if (talks) talked += dt
          const busy = talks ? Math.min(1, cpuMs / communicateMs) : 0
          computed = Math.min(passMs, computed + dt * (1 - busy))
        }
        expect(Math.abs(now - passMs - exposedMs)).toBeLessThan(dt * (count + 20) + 0.001 * passMs)
      }),
      { numRuns: 50 },
    )
  })

  it('takes as long as the processor where that is slower than the wire', () => {
    expect(at(4, { overlap: false, communicationCpuMsPerMB: 20 }).exposedMs).toBeCloseTo(
      20 * 1.5 * (resnet18.modelBytes / 1e6),
      6,
    )
  })

  it('names every change that is not in use, and what it would bring', () => {
    const { levers } = estimateScaling({ ...resnet18, overlap: false })
    expect(levers.map(({ name }) => name).toSorted()).toEqual([
      'accumulation',
      'bf16',
      'local steps',
      'overlap',
    ])
    expect(levers.map(({ gain }) => gain)).toEqual(
      levers.map(({ gain }) => gain).toSorted((a, b) => b - a),
    )
    const bf16 = levers.find(({ name }) => name === 'bf16')!
    const now = at(8, { overlap: false })
    const then = at(8, { overlap: false, wire: 'bf16' })
    expect(bf16.efficiency).toBe(then.efficiency)
    expect(bf16.gain).toBeCloseTo(then.examplesPerSecond / now.examplesPerSecond, 12)
    const used = estimateScaling({ ...resnet18, wire: 'bf16' }).levers.map(({ name }) => name)
    expect(used).not.toContain('bf16')
    expect(used).not.toContain('overlap')
    expect(estimateScaling({ ...resnet18, nodes: [1] }).levers).toEqual([])
  })

  it('steps alone divide the time of talking', () => {
    const alone = at(4, { localEvery: 10 })
    expect(alone.exposedMs).toBeCloseTo(at(4, { overlap: false }).exposedMs / 10, 9)
  })

  it.each([
    [{ passMs: 0 }, 'estimateScaling: passMs: got 0, wanted a number above 0'],
    [{ nodes: [] }, 'estimateScaling: nodes: got 0, wanted one number of machines at least'],
    [{ nodes: [0.5] }, 'estimateScaling: nodes: got 0.5'],
    [
      { communicationCpuMsPerMB: -1 },
      'communicationCpuMsPerMB: got -1, wanted a number of at least 0',
    ],
    [{ backwardShare: 2 }, 'backwardShare: got 2, wanted a number from 0 to 1'],
    [{ bandwidthBitsPerSecond: Number.NaN }, 'bandwidthBitsPerSecond: got NaN'],
  ])('refuses %j', (options, message) => {
    expect(() => estimateScaling({ ...resnet18, ...options })).toThrow(message)
  })
})

describe('describeScaling', () => {
  it('is a table and what would help', () => {
    const text = describeScaling(
      estimateScaling({ ...resnet18, passExamples: 32, overlap: false, nodes: [1, 4] }),
    )
    expect(text).toMatchInlineSnapshot(`
      "machines  step ms  waiting ms  examples/s  efficiency
             1      500         0.0        64.0       100 %
             4     1066         566         120        47 %

      What would help 4 machines, the best first:
        local steps   x 1.99, efficiency 93 %: means only every 16 steps: other mathematics
        accumulation  x 1.66, efficiency 78 %: 4 passes a step: batches 4 times as large
        overlap       x 1.38, efficiency 65 %: gradients travel during the backward pass
        bf16          x 1.36, efficiency 64 %: gradients travel in 16 bits
      "
    `)
  })

  it('is what the README shows', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme).toContain(
      describeScaling(estimateScaling({ ...resnet18, passExamples: 32 })).trimEnd(),
    )
  })
})
