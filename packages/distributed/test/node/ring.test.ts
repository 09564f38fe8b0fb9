import { readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Collective } from '../../src/collective.ts'
import { memoryCollectives } from '../../src/memoryCollectives.ts'
import { listenRing, type RingListener } from '../../src/node/ring.ts'
import { describeCollective } from '../conformance.ts'

const most = 16
type Way = 'local' | 'tcp'
const ways = ['local', 'tcp'] as const
const listeners = new Map<Way, RingListener[]>()
let generation = 0

beforeAll(async () => {
  for (const way of ways) {
    const one = () =>
      listenRing({ host: '127.0.0.1', token: 'of the tests', local: way === 'local' })
    listeners.set(way, await Promise.all(Array.from({ length: most }, one)))
  }
})
afterAll(() => Promise.all([...listeners.values()].flat().map((listener) => listener.close())))

function open(world: number, way: Way = 'local'): Promise<Collective[]> {
  generation++
  const members = listeners.get(way)!.slice(0, world)
  const peers = members.map(({ host, port }) => ({ host, port }))
  return Promise.all(
    members.map((member, rank) => member.connect({ rank, world, generation, peers })),
  )
}

const rounding = (world: number, wire: 'float32' | 'bf16') =>
  (world + 1) * (wire === 'bf16' ? 2 ** -8 : 2 ** -24)

describeCollective('the ring', {
  open,
  worlds: [1, 2, 3, 4, 5, 6, 7, 8, 11, most],
  large: 10_000_000,
  tolerance: rounding,
})

describeCollective('the ring over TCP', {
  open: (world) => open(world, 'tcp'),
  worlds: [1, 2, 3, 4, 5, 6, 7, 8, 11, most],
  large: 10_000_000,
  tolerance: rounding,
})

describe('the ring', () => {
  it('sums to the same bits as ranks in memory', async () => {
    const value = (rank: number, i: number) => Math.sin(i * 1.7 + rank) * 10 ** (i % 9)
    for (const wire of ['float32', 'bf16'] as const)
      for (const world of [2, 5]) {
        const rings = [await open(world), await open(world, 'tcp'), memoryCollectives(world)]
        const results = await Promise.all(
          rings.map((ranks) =>
            Promise.all(
              ranks.map(async (collective) => {
                const data = collective.allocate(300_007).map((_, i) => value(collective.rank, i))
                await collective.allReduce(data, { wire, op: 'mean' })
                return Buffer.from(data.buffer)
              }),
            ),
          ),
        )
        const [first, ...others] = results.flat()
        expect(others.map((other) => other.equals(first))).toEqual(others.map(() => true))
      }
  })

  it.runIf(platform() === 'linux')(
    'takes local sockets between neighbours of this machine',
    async () => {
      const connections = (way: Way) => {
        const [{ port }] = listeners.get(way)!
        const lines = readFileSync('/proc/net/unix', 'utf8').split('\n')
        // State 3: connected.
        return lines.filter(
          (line) => / 03 +\d+ @nebulift-ring /.test(line) && line.endsWith(` ${port}`),
        )
      }
      await open(2)
      await open(2, 'tcp')
      expect([connections('local').length, connections('tcp').length]).toEqual([4, 0])
    },
  )

  it('keeps operations apart that share memory, however they are cut', async () => {
    const [world, length] = [2, 600_000]
    const work = async (collective: Collective) => {
      const data = collective.allocate(length)
      for (let i = 0; i < length; i++) data[i] = (i % 7) + collective.rank
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      await Promise.all([
        collective.broadcast(bytes, 1),
        collective.allReduce(data),
        collective.allReduce(data.subarray(0, 1000)),
        collective.allReduce(data.subarray(1000)),
        collective.allReduce(data.subarray(0, 500_000)),
        collective.broadcast(bytes, 0),
        collective.allReduce(data),
      ])
      return Buffer.from(data.slice().buffer)
    }
    const sums = (i: number) => (i < 500_000 ? 4 : 3)
    const values = Float32Array.from({ length }, (_, i) => ((i % 7) + 1) * 2 ** sums(i))
    const wanted = Buffer.from(values.buffer)
    for (const way of ways)
      for (let again = 0; again < 5; again++) {
        const results = await Promise.all((await open(world, way)).map(work))
        expect(results.map((result) => result.equals(wanted))).toEqual([true, true])
      }
  })

  it('sends what its algorithm says, and not much more', async () => {
    const [world, length] = [4, 400_000]
    const ranks = await open(world)
    await Promise.all(ranks.map((collective) => collective.allReduce(collective.allocate(length))))
    const least = ((2 * (world - 1)) / world) * 4 * length
    for (const { traffic } of ranks) {
      expect(traffic.sentBytes).toBeGreaterThanOrEqual(least)
      expect(traffic.sentBytes).toBeLessThan(1.001 * least)
      expect(traffic.busyMs).toBeGreaterThan(0)
    }
    await Promise.all(
      ranks.map((collective) =>
        collective.allReduce(collective.allocate(length), { wire: 'bf16' }),
      ),
    )
    for (const { traffic } of ranks) expect(traffic.sentBytes).toBeLessThan(1.501 * least)
  })

  it('drops what is left of the generation before', async () => {
    const [before] = await open(2)
    await open(2)
    expect(before.signal.reason).toMatchObject({ code: 'CLOSED' })
    await expect(before.barrier()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('a signal ends the wait for neighbours', async () => {
    const [first] = listeners.get('local')!
    const peers = [first, { host: '127.0.0.1', port: 1 }]
    const reason = new Error('enough')
    const signal = AbortSignal.timeout(50)
    const connected = first.connect({ rank: 0, world: 2, generation: ++generation, peers, signal })
    await expect(connected).rejects.toMatchObject({ name: 'TimeoutError' })
    const over = AbortSignal.abort(reason)
    await expect(
      first.connect({ rank: 0, world: 2, generation: ++generation, peers, signal: over }),
    ).rejects.toBe(reason)
  })

  it('says what is wrong with its options', async () => {
    await expect(listenRing({ token: '' })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    const [{ host, port }] = listeners.get('local')!
    await expect(listenRing({ host, port, token: 'x' })).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringContaining(`cannot listen on ${host}, port ${port}: `),
      cause: expect.objectContaining({ code: 'EADDRINUSE' }),
    })
    const peers = [{ host, port }]
    await expect(
      listeners.get('local')![0].connect({ rank: 0, world: 2, generation: 1, peers }),
    ).rejects.toThrow('peers: got 1, wanted 2')
  })
})
