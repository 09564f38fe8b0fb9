import type { Collective } from '../collective.ts'
import type { StepEvent } from './events.ts'

/** Where the time of one step goes. */
export class StepClock {
  readonly #collective: Collective
  readonly #start = performance.now()
  readonly #before: Collective['traffic']
  #dataMs = 0
  #computeMs = 0
  #communicateMs = 0

  constructor(collective: Collective) {
    this.#collective = collective
    const { sentBytes, receivedBytes, busyMs } = collective.traffic
    this.#before = { sentBytes, receivedBytes, busyMs }
  }

  loading<T>(work: () => Promise<T>): Promise<T> {
    return timed(work, (ms) => {
      this.#dataMs += ms
    })
  }

  computing<T>(work: () => Promise<T>): Promise<T> {
    return timed(work, (ms) => {
      this.#computeMs += ms
    })
  }

  communicating<T>(work: () => Promise<T>): Promise<T> {
    return timed(work, (ms) => {
      this.#communicateMs += ms
    })
  }

  /** What the step took, which learnt from so many examples. */
  read(passes: {
    all: number
    own: number
    examples: number
  }): Omit<StepEvent, 'kind' | 'epoch' | 'step' | 'numbers'> {
    const { rank, world, generation, traffic } = this.#collective
    const examples = passes.all * passes.examples
    const stepMs = performance.now() - this.#start
    return {
      stepMs,
      dataMs: this.#dataMs,
      computeMs: this.#computeMs,
      communicateMs: this.#communicateMs,
      allReduceMs: traffic.busyMs - this.#before.busyMs,
      sentBytes: traffic.sentBytes - this.#before.sentBytes,
      receivedBytes: traffic.receivedBytes - this.#before.receivedBytes,
      examples,
      ownExamples: passes.own * passes.examples,
      examplesPerSecond: (examples / stepMs) * 1000,
      rank,
      world,
      generation,
    }
  }
}

async function timed<T>(work: () => Promise<T>, count: (ms: number) => void): Promise<T> {
  const start = performance.now()
  try {
    return await work()
  } finally {
    count(performance.now() - start)
  }
}
