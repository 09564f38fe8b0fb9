import { checkReduce, checkWhole } from './checks.ts'
import type { Collective, ReduceOptions } from './collective.ts'
import { DistributedError } from './errors.ts'

/** How arrays become one: by rank in, the result out. */
export type Reduction = (
  arrays: readonly Float32Array[],
  options: Required<ReduceOptions>,
) => Float32Array

export interface HubOptions {
  readonly world: number
  readonly generation: number
  readonly reduce: Reduction
}

/** What a rank brings to an operation; ranks of one operation must bring the same `label`. */
interface Entry {
  readonly label: string
  readonly data: Float32Array | Uint8Array
  readonly answer: PromiseWithResolvers<unknown>
}

/** Computes what each rank gets, by rank. */
type Finish = (entries: readonly Entry[]) => readonly unknown[]

const copyInto = (target: Float32Array | Uint8Array, source: Float32Array | Uint8Array) => {
  if (target !== source) target.set(source)
}

/** Ranks of one process that meet in memory: an operation happens once all have called it. */
export function openHub({ world, generation, reduce }: HubOptions): Collective[] {
  checkWhole('world', world, { low: 1 })
  const controllers = Array.from({ length: world }, () => new AbortController())
  /** Operations that not all ranks have come to, by number. */
  const rounds = new Map<number, (Entry | undefined)[]>()
  const counts = new Array<number>(world).fill(0)

  const abort = (reasonOf: (rank: number) => DistributedError) => {
    const unanswered = [...rounds.values()]
    rounds.clear()
    for (const [rank, controller] of controllers.entries()) {
      if (controller.signal.aborted) continue
      controller.abort(reasonOf(rank))
      for (const round of unanswered) round[rank]?.answer.reject(controller.signal.reason)
    }
  }
  const enter = (rank: number, entry: Omit<Entry, 'answer'>, finish: Finish): Promise<unknown> => {
    const { signal } = controllers[rank]
    if (signal.aborted) return Promise.reject(signal.reason)
    const number = counts[rank]++
    const round = rounds.get(number) ?? new Array<Entry | undefined>(world).fill(undefined)
    rounds.set(number, round)
    const answer = Promise.withResolvers<unknown>()
    const first = round.find((other) => other !== undefined)
    round[rank] = { ...entry, answer }
    if (first && first.label !== entry.label) {
      const message = `generation ${generation}: rank ${rank} does not fit: got ${entry.label}, wanted ${first.label}`
      abort(() => new DistributedError('ABORTED', message))
    } else if (round.every((other) => other !== undefined)) {
      rounds.delete(number)
      const results = finish(round)
      for (const [i, other] of round.entries()) other.answer.resolve(results[i])
    }
    return answer.promise
  }

  const seat = (rank: number): Collective => ({
    ...{ rank, world, generation, signal: controllers[rank].signal },
    traffic: { sentBytes: 0, receivedBytes: 0, busyMs: 0 },
    // Shared, as a ring's is: a replica that learns in another thread neither copies it nor moves it away.
    allocate: (length) => new Float32Array(new SharedArrayBuffer(4 * length)),
    allReduce: async (data, options = {}) => {
      const all = checkReduce(options)
      const { op, wire, step, bucket } = all
      const label = `${op} of ${data.length}, ${wire}, step ${step}, bucket ${bucket}`
      await enter(rank, { label, data }, (entries) => {
        const result = reduce(
          entries.map((entry) => entry.data as Float32Array),
          all,
        )
        return entries.map((entry) => copyInto(entry.data, result))
      })
    },
    broadcast: async (data, from) => {
      checkWhole('rank to broadcast from', from, { high: world - 1 })
      const label = `broadcast of ${data.length} bytes from ${from}`
      await enter(rank, { label, data }, (entries) =>
        entries.map((entry) => copyInto(entry.data, entries[from].data)),
      )
    },
    allGather: async (data) => {
      const gathered = await enter(rank, { label: 'all-gather', data }, (entries) =>
        entries.map(() => entries.map((entry) => new Uint8Array(entry.data))),
      )
      return gathered as Uint8Array[]
    },
    barrier: async () => {
      await enter(rank, { label: 'barrier', data: new Uint8Array() }, (entries) => entries)
    },
    close: async () => {
      const lost = `generation ${generation}: lost rank ${rank}: it was closed`
      abort((other) =>
        other === rank
          ? new DistributedError('CLOSED', 'the collective was closed')
          : new DistributedError('ABORTED', lost),
      )
    },
  })
  return Array.from({ length: world }, (_, rank) => seat(rank))
}
