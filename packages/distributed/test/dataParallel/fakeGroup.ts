import type { Collective, ReduceOptions } from '../../src/collective.ts'
import { DistributedError } from '../../src/errors.ts'
import { type Group, type Meeting, sourceOf } from '../../src/group.ts'

interface Call {
  readonly what: string
  readonly data: unknown
  readonly done: PromiseWithResolvers<unknown>
}

/** One generation: the n-th calls of all ranks belong together. */
class Circle {
  readonly world: number
  readonly generation: number
  readonly controller = new AbortController()
  readonly #calls: Call[][]
  #done = 0

  constructor(world: number, generation: number) {
    this.world = world
    this.generation = generation
    this.#calls = Array.from({ length: world }, () => [])
  }

  abort(why: string): void {
    if (this.controller.signal.aborted) return
    const error = new DistributedError('ABORTED', why)
    this.controller.abort(error)
    for (const call of this.#calls.flatMap((calls) => calls.slice(this.#done))) {
      call.done.reject(error)
    }
  }

  call(rank: number, what: string, data: unknown): Promise<unknown> {
    const { signal } = this.controller
    if (signal.aborted) return Promise.reject(signal.reason)
    const done = Promise.withResolvers<unknown>()
    this.#calls[rank].push({ what, data, done })
    setImmediate(() => this.#work())
    return done.promise
  }

  #work(): void {
    while (!this.controller.signal.aborted && this.#calls.every((c) => c.length > this.#done)) {
      const calls = this.#calls.map((c) => c[this.#done])
      const [{ what }] = calls
      const other = calls.find((call) => call.what !== what)
      if (other) {
        this.abort(`one rank does ${what}, another ${other.what}`)
        return
      }
      this.#done++
      const result = perform(what, calls)
      for (const call of calls) call.done.resolve(result)
    }
  }
}

const rounded = (value: number) => {
  const bits = new Uint32Array(Float32Array.of(value).buffer)
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000
  return new Float32Array(bits.buffer)[0]
}

function perform(what: string, calls: readonly Call[]): unknown {
  const [kind, detail] = what.split(' ')
  if (kind === 'allGather') return calls.map(({ data }) => (data as Uint8Array).slice())
  if (kind === 'broadcast') {
    const source = (calls[Number(detail)].data as Uint8Array).slice()
    for (const { data } of calls) (data as Uint8Array).set(source)
  }
  if (kind === 'allReduce') {
    const arrays = calls.map(({ data }) => data as Float32Array)
    const round = detail === 'bf16' && arrays.length > 1 ? rounded : (x: number) => x
    const sums = arrays[0].map((_, i) =>
      round(arrays.reduce((sum, array) => sum + round(array[i]), 0)),
    )
    for (const array of arrays) array.set(sums)
  }
  return undefined
}

function collectiveOf(circle: Circle, rank: number): Collective {
  const traffic = { sentBytes: 0, receivedBytes: 0, busyMs: 0 }
  return {
    rank,
    world: circle.world,
    generation: circle.generation,
    signal: circle.controller.signal,
    traffic,
    allocate: (length) => new Float32Array(length),
    allReduce: async (data, { wire = 'float32', step, bucket }: ReduceOptions = {}) => {
      traffic.sentBytes += data.byteLength
      await circle.call(rank, `allReduce ${wire} ${step} ${bucket} ${data.length}`, data)
    },
    broadcast: async (data, from) => {
      await circle.call(rank, `broadcast ${from} ${data.length}`, data)
    },
    allGather: async (data) => (await circle.call(rank, 'allGather', data)) as Uint8Array[],
    barrier: async () => {
      await circle.call(rank, 'barrier', undefined)
    },
    close: async () => circle.abort(`rank ${rank} has gone`),
  }
}

/** Groups of one process, whose members can be lost. */
export interface FakeWorld {
  /** The group as a new process with that index sees it; the one before is lost. */
  member(index: number): Group
  /** The process is lost at once: nothing it asks for is ever answered. */
  kill(index: number): void
}

export function fakeWorld(world: number): FakeWorld {
  interface Member {
    lost: boolean
    left: boolean
    step: number
    waiting: PromiseWithResolvers<Meeting> | undefined
  }
  const members: (Member | undefined)[] = Array.from({ length: world })
  let circle: Circle | undefined
  let generation = 0
  const form = () => {
    const here = members.filter((each) => each && !each.left)
    if (here.length < world - members.filter((each) => each?.left).length) return
    if (!here.every((each) => each?.waiting)) return
    circle = new Circle(here.length, ++generation)
    const steps = here.map((each) => each!.step)
    const formed = circle
    here.forEach((each, rank) => {
      const collective = collectiveOf(formed, rank)
      each!.waiting!.resolve({ collective, steps, source: sourceOf(steps) })
      each!.waiting = undefined
    })
  }
  const kill = (index: number) => {
    const member = members[index]
    if (!member) return
    member.lost = true
    members[index] = undefined
    circle?.abort(`member ${index} is lost`)
  }
  return {
    kill,
    member: (index) => {
      kill(index)
      const member: Member = { lost: false, left: false, step: -1, waiting: undefined }
      members[index] = member
      return {
        meet: ({ step }) => {
          if (member.lost) return new Promise(() => undefined)
          circle?.abort(`member ${index} wants to meet`)
          member.step = step
          member.waiting = Promise.withResolvers()
          const { promise } = member.waiting
          setImmediate(form)
          return promise
        },
        leave: async () => {
          member.left = true
          setImmediate(form)
        },
      }
    },
  }
}
