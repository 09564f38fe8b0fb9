import { bytesOf } from '../../bytesOf.ts'
import { checkReduce, checkWhole } from '../../checks.ts'
import type { Stretch } from '../../chunks.ts'
import type { Collective, ReduceOptions, Traffic } from '../../collective.ts'
import { DistributedError } from '../../errors.ts'
import { sharedMemory } from '../../kernels.ts'
import { openArena } from './arena.ts'
import { arenaStart } from './engine.ts'
import type { News, Order, Place } from './messages.ts'
import { mostGathered, type Request } from './operations.ts'

export interface RingSideOptions extends Place {
  tell(order: Order): void
  /** Whether anything is under way, whenever that changes. */
  onBusy(isBusy: boolean): void
}

type Asked = Omit<Request, 'id' | 'at' | 'length'>

/** Memory of the caller, and where its copy lies. */
interface Foreign {
  readonly bytes: Uint8Array
  readonly block: Stretch
}

interface Call {
  readonly foreign: Foreign | undefined
  readonly answer: PromiseWithResolvers<unknown>
}

/** A call that waits until its turn has come. */
interface Waiting {
  readonly asked: Asked
  readonly array: Float32Array | Uint8Array
  readonly answer: PromiseWithResolvers<unknown>
}

const overlap = (a: ArrayBufferView, b: ArrayBufferView): boolean =>
  a.buffer === b.buffer &&
  a.byteOffset < b.byteOffset + b.byteLength &&
  b.byteOffset < a.byteOffset + a.byteLength

const plain = { type: 'bytes', step: 0, bucket: 0 } as const

/** The calling thread's side of a generation: hands operations to the thread of the ring, and arrays with them. */
export class RingSide implements Collective {
  readonly rank: number
  readonly world: number
  readonly generation: number
  traffic: Traffic = { sentBytes: 0, receivedBytes: 0, busyMs: 0 }
  readonly #options: RingSideOptions
  readonly #arena = openArena(sharedMemory(), arenaStart)
  readonly #calls = new Map<number, Call>()
  readonly #waiting: Waiting[] = []
  readonly #controller = new AbortController()
  #next = 0

  constructor(options: RingSideOptions) {
    this.#options = options
    this.rank = options.rank
    this.world = options.world
    this.generation = options.generation
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get memory(): WebAssembly.Memory {
    return this.#arena.memory
  }

  allocate(length: number): Float32Array {
    checkWhole('length', length)
    const at = this.#arena.allocate(4 * length)
    return new Float32Array(this.memory.buffer, at, length)
  }

  async allReduce(data: Float32Array, options: ReduceOptions = {}): Promise<void> {
    const { op, wire, step, bucket } = checkReduce(options)
    await this.#call({ kind: op, type: wire, step, bucket }, data)
  }

  async broadcast(data: Uint8Array, from: number): Promise<void> {
    checkWhole('rank to broadcast from', from, { high: this.world - 1 })
    await this.#call({ ...plain, kind: 'broadcast', from }, data)
  }

  async allGather(data: Uint8Array): Promise<Uint8Array[]> {
    checkWhole('bytes to gather', data.length, { high: mostGathered })
    return (await this.#call({ ...plain, kind: 'all-gather', bytes: data }, data)) as Uint8Array[]
  }

  async barrier(): Promise<void> {
    const bytes = new Uint8Array()
    await this.#call({ ...plain, kind: 'barrier', bytes }, bytes)
  }

  async close(): Promise<void> {
    this.#options.tell({ type: 'drop', generation: this.generation })
    this.end(new DistributedError('CLOSED', 'the collective was closed'))
  }

  hear(news: Extract<News, { type: 'done' | 'aborted' }>): void {
    if (news.type === 'done') this.#finish(news)
    else this.end(new DistributedError('ABORTED', news.message))
  }

  end(reason: DistributedError): void {
    if (this.signal.aborted) return
    const unanswered = [...this.#calls.values(), ...this.#waiting]
    this.#calls.clear()
    this.#waiting.length = 0
    this.#options.onBusy(false)
    this.#controller.abort(reason)
    for (const { answer } of unanswered) answer.reject(reason)
  }

  #call(asked: Asked, array: Float32Array | Uint8Array): Promise<unknown> {
    if (this.signal.aborted) return Promise.reject(this.signal.reason)
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.push({ asked, array, answer })
    this.#postAll()
    return answer.promise
  }

  /** An array that was copied and is not back yet must not be copied again: its operations follow one another. */
  #isLent({ array }: Waiting): boolean {
    return [...this.#calls.values()].some(({ foreign }) => foreign && overlap(foreign.bytes, array))
  }

  #postAll(): void {
    while (this.#waiting.length > 0 && !this.#isLent(this.#waiting[0])) {
      const first = this.#waiting.shift()!
      try {
        this.#post(first)
      } catch (error) {
        first.answer.reject(error)
      }
    }
    this.#options.onBusy(this.#calls.size > 0)
  }

  #post({ asked, array, answer }: Waiting): void {
    const id = this.#next++
    const isForeign = array.length > 0 && !asked.bytes && !this.#arena.holds(array)
    const foreign = isForeign ? this.#lend(array) : undefined
    const request = {
      ...{ ...asked, id, length: array.length },
      at: foreign?.block.start ?? array.byteOffset,
    }
    this.#calls.set(id, { foreign, answer })
    this.#options.tell({ type: 'start', generation: this.generation, request })
  }

  /** Copies what the caller holds in memory of his own. */
  #lend(array: ArrayBufferView): Foreign {
    const bytes = bytesOf(array)
    const block = this.#arena.borrow(bytes.length)
    this.#placed(block, bytes.length).set(bytes)
    return { bytes, block }
  }

  #placed({ start }: Stretch, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, start, length)
  }

  #finish({ id, result, traffic }: Extract<News, { type: 'done' }>): void {
    const done = this.#calls.get(id)
    this.#calls.delete(id)
    this.traffic = traffic
    if (done?.foreign) {
      const { bytes, block } = done.foreign
      bytes.set(this.#placed(block, bytes.length))
      this.#arena.giveBack(block)
    }
    this.#postAll()
    done?.answer.resolve(result)
  }
}
