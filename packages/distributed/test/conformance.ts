import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roundToBf16 } from '../src/bf16.ts'
import type { Collective, ReduceOptions } from '../src/collective.ts'
import { DistributedError } from '../src/errors.ts'

/** Opens all ranks of a new generation, by rank. */
export type OpenRanks = (world: number) => Promise<Collective[]>

export interface Conformance {
  readonly open: OpenRanks
  readonly worlds: readonly number[]
  /** Length of the one large array; 0 where there is none. */
  readonly large: number
  /** Of a sum or mean of floats, over the sum of the magnitudes. */
  readonly tolerance: (world: number, wire: 'float32' | 'bf16') => number
}

const lengths = [0, 1, 2, 3, 5, 15, 16, 17, 64, 1000, 4099]

/** Whole numbers whose sums over up to 16 ranks are whole, and below 256: exact even where eight bits travel. */
const whole = (rank: number, i: number): number => ((i * 7 + rank * 3) % 13) - 6

const fill = (collective: Collective, length: number, value = whole): Float32Array => {
  const array = collective.allocate(length)
  for (let i = 0; i < length; i++) array[i] = value(collective.rank, i)
  return array
}

/** How many elements are not what `wanted` says. */
const wrong = (array: Float32Array, wanted: (i: number) => number): number => {
  let count = 0
  for (let i = 0; i < array.length; i++) if (!Object.is(array[i], wanted(i))) count++
  return count
}

const all = <Result>(
  ranks: readonly Collective[],
  work: (collective: Collective, rank: number) => Promise<Result>,
): Promise<Result[]> => Promise.all(ranks.map(work))

const sumOf = (world: number, i: number, value = whole): number => {
  let sum = 0
  for (let rank = 0; rank < world; rank++) sum += value(rank, i)
  // No sum of whole numbers is -0, but this one may be.
  return sum + 0
}

const mean = (sum: number, world: number, wire: string): number => {
  const exact = Math.fround(sum / world)
  return wire === 'bf16' && world > 1 ? roundToBf16(exact) : exact
}

const expectAbort = async (outcomes: Promise<unknown>[], like: RegExp) => {
  for (const outcome of await Promise.allSettled(outcomes)) {
    expect(outcome.status).toBe('rejected')
    const { reason } = outcome as PromiseRejectedResult
    expect(reason).toBeInstanceOf(DistributedError)
    expect(reason.code).toBe('ABORTED')
    expect(reason.message).toMatch(like)
  }
}

/** What every `Collective` does. */
export function describeCollective(name: string, options: Conformance): void {
  describe(name, () => {
    describe.each([...options.worlds])('%d ranks', (world) => {
      let ranks: Collective[]
      beforeAll(async () => {
        ranks = await options.open(world)
      })
      afterAll(() => all(ranks, (collective) => collective.close()))
      describeReduction(() => ranks, world, options)
      describeCopies(() => ranks, world)
      describeOrder(() => ranks, world)
    })
    describeFaults(options.open)
    if (options.large > 0) describeLarge(options)
  })
}

function describeReduction(ranks: () => Collective[], world: number, options: Conformance) {
  const kinds: ReduceOptions[] = [
    {},
    { op: 'mean' },
    { wire: 'bf16' },
    { op: 'mean', wire: 'bf16' },
  ]

  it.each(kinds)('reduces whole numbers exactly: %o', async (kind) => {
    for (const length of lengths) {
      const arrays = ranks().map((collective) => fill(collective, length))
      await all(ranks(), (collective, rank) => collective.allReduce(arrays[rank], kind))
      const wanted = (i: number) => {
        const sum = sumOf(world, i)
        return kind.op === 'mean' ? mean(sum, world, kind.wire ?? 'float32') : sum
      }
      expect(arrays.map((array) => wrong(array, (i) => wanted(i) + 0))).toEqual(arrays.map(() => 0))
    }
  })

  it('reduces floats to the same bits everywhere, near the sum in double precision', async () => {
    const value = fc.float({ noNaN: true, min: -1e6, max: 1e6 })
    const settings = fc.record({
      op: fc.constantFrom('sum' as const, 'mean' as const),
      wire: fc.constantFrom('float32' as const, 'bf16' as const),
      length: fc.integer({ min: 0, max: 60 }),
      values: fc.array(value, { minLength: 7, maxLength: 7 }),
    })
    const property = fc.asyncProperty(settings, async ({ op, wire, length, values }) => {
      const at = (rank: number, i: number) => Math.fround(values[(rank + 3 * i) % 7] * (1 + i))
      const arrays = ranks().map((collective) => fill(collective, length, at))
      await all(ranks(), (collective, rank) => collective.allReduce(arrays[rank], { op, wire }))
      const bits = arrays.map((array) => Buffer.from(array.slice().buffer).toString('hex'))
      expect(new Set(bits).size).toBe(1)
      const share = op === 'mean' ? world : 1
      for (let i = 0; i < length; i++) {
        let magnitude = 0
        for (let rank = 0; rank < world; rank++) magnitude += Math.abs(at(rank, i))
        const error = Math.abs(arrays[0][i] - sumOf(world, i, at) / share)
        const allowed = (options.tolerance(world, wire) * magnitude) / share + 1e-38
        expect(error).toBeLessThanOrEqual(allowed)
      }
    })
    await fc.assert(property, { numRuns: 8 })
  })

  it('NaN and infinity go through, and touch no neighbour', async () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]
    for (const wire of ['float32', 'bf16'] as const) {
      const last = world - 1
      const at = (rank: number, i: number) => (rank === last && i % 5 < 4 ? odd[i % 5] : 2)
      const arrays = ranks().map((collective) => fill(collective, 203, at))
      await all(ranks(), (collective, rank) => collective.allReduce(arrays[rank], { wire }))
      const wanted = (i: number) => (i % 5 < 4 ? odd[i % 5] : 2) + 2 * last
      expect(arrays.map((array) => wrong(array, wanted))).toEqual(arrays.map(() => 0))
    }
  })

  it('takes arrays of anyone, and views of larger ones', async () => {
    const wholes = ranks().map(() => new Float32Array(300).fill(-1))
    await all(ranks(), (collective, rank) => {
      const view = wholes[rank].subarray(50, 250)
      for (let i = 0; i < view.length; i++) view[i] = whole(rank, i)
      return collective.allReduce(view)
    })
    const wanted = (i: number) => (i < 50 || i >= 250 ? -1 : sumOf(world, i - 50))
    expect(wholes.map((array) => wrong(array, wanted))).toEqual(wholes.map(() => 0))
  })
}

function describeCopies(ranks: () => Collective[], world: number) {
  it('broadcasts from any rank', async () => {
    for (const from of new Set([0, world - 1, world >> 1]))
      for (const length of [0, 1, 1001]) {
        const arrays = ranks().map(({ rank }) => new Uint8Array(length).fill(rank + 1))
        await all(ranks(), (collective, rank) => collective.broadcast(arrays[rank], from))
        for (const array of arrays) expect(array).toEqual(new Uint8Array(length).fill(from + 1))
      }
  })

  it('broadcasts into allocated memory', async () => {
    const arrays = ranks().map((collective) => fill(collective, 70_001))
    await all(ranks(), (collective, rank) => {
      const { buffer, byteOffset, byteLength } = arrays[rank]
      return collective.broadcast(new Uint8Array(buffer, byteOffset, byteLength), world - 1)
    })
    const wanted = (i: number) => whole(world - 1, i)
    expect(arrays.map((array) => wrong(array, wanted))).toEqual(arrays.map(() => 0))
  })

  it.each([0, 3, 301, 300_000])(
    'gathers what each rank gives: rank times %d bytes',
    async (size) => {
      if (size * world > 2_000_000) return
      const given = ranks().map(({ rank }) =>
        Uint8Array.from({ length: rank * size }, (_, i) => i * 31 + rank),
      )
      const gathered = await all(ranks(), (collective, rank) => collective.allGather(given[rank]))
      const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0
      for (const parts of gathered)
        expect(parts.map((part, rank) => same(part, given[rank]))).toEqual(given.map(() => true))
    },
  )
}

function describeOrder(ranks: () => Collective[], world: number) {
  it('no rank leaves a barrier before the last one comes', async () => {
    const [last, ...others] = [...ranks()].reverse()
    let left = 0
    const leaving = others.map((collective) => collective.barrier().then(() => left++))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(left).toBe(0)
    await last.barrier()
    await Promise.all(leaving)
    expect(left).toBe(world - 1)
  })

  it('allocates memory that nobody who computes in another thread can move away', () => {
    for (const { buffer } of ranks().map((collective) => collective.allocate(4)))
      expect(buffer).toBeInstanceOf(SharedArrayBuffer)
  })

  it('does many operations that nobody waits for', async () => {
    const arrays = ranks().map((collective) =>
      Array.from({ length: 30 }, (_, i) => fill(collective, i * 37)),
    )
    const texts = await all(ranks(), async (collective, rank) => {
      const reductions = arrays[rank].map((array, i) =>
        collective.allReduce(array, {
          step: i >> 2,
          bucket: i & 3,
          wire: i & 1 ? 'bf16' : 'float32',
        }),
      )
      const gathered = collective.allGather(Buffer.from(`rank ${rank}`))
      await Promise.all([...reductions, collective.barrier()])
      return (await gathered).map((bytes) => Buffer.from(bytes).toString())
    })
    for (const text of texts) expect(text).toEqual(ranks().map(({ rank }) => `rank ${rank}`))
    for (const array of arrays.flat()) expect(wrong(array, (i) => sumOf(world, i))).toBe(0)
  })

  it.each(['allocated', 'foreign'])(
    'operations on the same %s array follow one another',
    async (kind) => {
      const arrays = ranks().map((collective) => {
        const array = kind === 'foreign' ? new Float32Array(500) : collective.allocate(500)
        return array.fill(1)
      })
      await all(ranks(), async (collective, rank) => {
        const array = arrays[rank]
        const ways = [array, array.subarray(0, 300), array.subarray(200, 400), array]
        await Promise.all(ways.map((view) => collective.allReduce(view)))
      })
      const times = (i: number) => 3 + (i >= 200 && i < 300 ? 1 : 0) - (i >= 400 ? 1 : 0)
      for (const array of arrays) expect(wrong(array, (i) => world ** times(i))).toBe(0)
    },
  )

  it('refuses arguments that fit into no frame, and goes on', async () => {
    const [first] = ranks()
    const data = new Float32Array(1)
    const bad = [
      first.allReduce(data, { step: -1 }),
      first.allReduce(data, { bucket: 0.5 }),
      first.broadcast(new Uint8Array(1), world),
    ]
    for (const outcome of await Promise.allSettled(bad))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'BAD_ARGUMENT' } })
    await all(ranks(), (collective) => collective.barrier())
  })
}

function describeFaults(open: OpenRanks) {
  const floats = (length: number) => new Float32Array(length)
  const misfits: [string, (odd: boolean) => (collective: Collective) => Promise<unknown>][] = [
    ['step', (odd) => (c) => c.allReduce(floats(9), { step: odd ? 8 : 7 })],
    ['bucket', (odd) => (c) => c.allReduce(floats(9), { bucket: odd ? 8 : 7 })],
    ['wire', (odd) => (c) => c.allReduce(floats(9), { wire: odd ? 'bf16' : 'float32' })],
    ['length', (odd) => (c) => c.allReduce(floats(odd ? 8 : 7))],
    ['op', (odd) => (c) => c.allReduce(floats(9), { op: odd ? 'sum' : 'mean' })],
    ['operation', (odd) => (c) => (odd ? c.barrier() : c.allReduce(floats(9)))],
    ['root', (odd) => (c) => c.broadcast(new Uint8Array(8), odd ? 1 : 0)],
  ]
  it.each(misfits)('ranks that do not agree on the %s abort', async (_, call) => {
    const ranks = await open(3)
    const calls = ranks.map((collective) => call(collective.rank === 2)(collective))
    // Whoever broadcasts is done once all is sent; nobody comes to the barrier.
    await Promise.allSettled(calls)
    await expectAbort(
      ranks.map((collective) => collective.barrier()),
      /got .+, wanted |lost rank/,
    )
    const reasons = ranks.map(({ signal }) => signal.reason.message)
    expect(reasons.some((message) => /got .+, wanted /.test(message))).toBe(true)
    await all(ranks, (collective) => collective.close())
  })

  it('who closes ends the generation', async () => {
    const ranks = await open(3)
    const [gone, ...others] = ranks
    const pending = others.map((collective) => collective.barrier())
    await gone.close()
    await gone.close()
    await expectAbort(pending, /lost rank/)
    await expectAbort(
      others.map((collective) => collective.allReduce(floats(3))),
      /lost rank/,
    )
    await expect(gone.barrier()).rejects.toMatchObject({ code: 'CLOSED' })
    for (const { signal } of others) expect(signal.reason).toMatchObject({ code: 'ABORTED' })
    await all(others, (collective) => collective.close())
  })
}

function describeLarge({ open, large }: Conformance) {
  it.each([
    { world: 2, wire: 'float32' as const },
    { world: 3, wire: 'bf16' as const },
  ])('$world ranks sum large arrays, $wire', async ({ world, wire }) => {
    const ranks = await open(world)
    const arrays = ranks.map((collective) => fill(collective, large))
    await all(ranks, (collective, rank) => collective.allReduce(arrays[rank], { wire }))
    expect(arrays.map((array) => wrong(array, (i) => sumOf(world, i)))).toEqual(arrays.map(() => 0))
    await all(ranks, (collective) => collective.close())
  })
}
