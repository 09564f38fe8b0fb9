import { checkReduce, checkWhole } from '../../checks.ts'
import type { Stretch } from '../../chunks.ts'
import type { Collective, Traffic } from '../../collective.ts'
import { DistributedError } from '../../errors.ts'
import { sharedMemory } from '../../kernels.ts'
import { openArena } from './arena.ts'
import { arenaStart } from './engine.ts'
import type { News, Order, Place } from './messages.ts'
import { mostGathered, type Request } from './operations.ts'

export interface RingSide {
  readonly collective: Collective
  readonly memory: WebAssembly.Memory
  hear(news: Extract<News, { type: 'done' | 'aborted' }>): void
  end(reason: DistributedError): void
}

export interface RingSideOptions extends Place {
  tell(order: Order): void
  /** Whether anything is under way, whenever that changes. */
  onBusy(isBusy: boolean): void
}

type Asked = Omit<Request, 'id' | 'at' | 'length'>

interface Call {
  /** Memory of the caller that is copied to shared memory and back. */
  readonly foreign?: { readonly bytes: Uint8Array; readonly block: Stretch } | undefined
  readonly answer: PromiseWithResolvers<unknown>
}

/** A call that waits until its turn has come. */
interface Waiting {
  readonly asked: Asked
  readonly array: Float32Array | Uint8Array
  readonly answer: PromiseWithResolvers<unknown>
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const overlap = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  a.buffer === b.buffer &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength

/** The calling thread's side of a generation: hands operations to the thread of the ring, and arrays with them. */
export function openRingSide({ rank, world, generation, tell, onBusy }: RingSideOptions): RingSide {
  const arena = openArena(sharedMemory(), arenaStart)
  const calls = new Map<number, Call>()
  const waiting: Waiting[] = []
  const controller = new AbortController()
  let next = 0
  let traffic: Traffic = { sentBytes: 0, receivedBytes: 0, busyMs: 0 }
  const placed = (block: Stretch, length: number) =>
    new Uint8Array(arena.memory.buffer, block.start, length)

  /** Copies what the caller holds in memory of his own. */
  const lend = (array: ArrayBufferView) => {
    const bytes = bytesOf(array)
    const block = arena.borrow(bytes.length)
    placed(block, bytes.length).set(bytes)
    return { bytes, block }
  }
  const post = ({ asked, array, answer }: Waiting) => {
    const id = next++
    const isForeign = array.length > 0 && !asked.bytes && !arena.holds(array)
    const foreign = isForeign ? lend(array) : undefined
    const at = foreign?.block.start ?? array.byteOffset
    calls.set(id, { foreign, answer })
    tell({ type: 'start', generation, request: { ...asked, id, at, length: array.length } })
  }
  /** An array that was copied and is not back yet must not be copied again: its operations follow one another. */
  const isLent = ({ array }: Waiting) =>
    [...calls.values()].some(({ foreign }) => foreign && overlap(foreign.bytes, array))
  const postAll = () => {
    while (waiting.length > 0 && !isLent(waiting[0])) {
      const first = waiting.shift()!
      try {
        post(first)
      } catch (error) {
        first.answer.reject(error)
      }
    }
    onBusy(calls.size > 0)
  }
  const call = (asked: Asked, array: Float32Array | Uint8Array): Promise<unknown> => {
    if (controller.signal.aborted) return Promise.reject(controller.signal.reason)
    const answer = Promise.withResolvers<unknown>()
    waiting.push({ asked, array, answer })
    postAll()
    return answer.promise
  }
  const end = (reason: DistributedError) => {
    if (controller.signal.aborted) return
    const unanswered = [...calls.values(), ...waiting]
    calls.clear()
    waiting.length = 0
    onBusy(false)
    controller.abort(reason)
    for (const { answer } of unanswered) answer.reject(reason)
  }
  const finish = ({ id, result, ...news }: Extract<News, { type: 'done' }>) => {
    const done = calls.get(id)
    calls.delete(id)
    traffic = news.traffic
    if (done?.foreign) {
      const { bytes, block } = done.foreign
      bytes.set(placed(block, bytes.length))
      arena.giveBack(block)
    }
    postAll()
    done?.answer.resolve(result)
  }

  const plain = { type: 'bytes', step: 0, bucket: 0 } as const
  const nothing = new Uint8Array()
  const collective: Collective = {
    ...{ rank, world, generation, signal: controller.signal },
    get traffic() {
      return traffic
    },
    allocate: (length) => {
      checkWhole('length', length)
      const at = arena.allocate(4 * length)
      return new Float32Array(
        arena.memory.buffer,
        at,
        length,
      ) as unknown as Float32Array<ArrayBuffer>
    },
    allReduce: async (data, options = {}) => {
      const { op, wire, step, bucket } = checkReduce(options)
      await call({ kind: op, type: wire, step, bucket }, data)
    },
    broadcast: async (data, from) => {
      checkWhole('rank to broadcast from', from, { high: world - 1 })
      await call({ ...plain, kind: 'broadcast', from }, data)
    },
    allGather: async (data) => {
      checkWhole('bytes to gather', data.length, { high: mostGathered })
      return (await call({ ...plain, kind: 'all-gather', bytes: data }, data)) as Uint8Array[]
    },
    barrier: async () => {
      await call({ ...plain, kind: 'barrier', bytes: nothing }, nothing)
    },
    close: async () => {
      tell({ type: 'drop', generation })
      end(new DistributedError('CLOSED', 'the collective was closed'))
    },
  }
  return {
    collective,
    memory: arena.memory,
    hear: (news) => {
      if (news.type === 'done') finish(news)
      else end(new DistributedError('ABORTED', news.message))
    },
    end,
  }
}
