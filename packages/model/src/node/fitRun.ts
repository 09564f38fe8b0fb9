import { accumulate } from '../train/accumulate.ts'
import type { Arrays } from '../train/arrays.ts'
import type { AssembledBatch } from '../train/batches.ts'
import type { DoneEvent } from '../train/events.ts'
import type { FitOptions, FitResult } from './fit.ts'
import { countRight, type FitSteps } from './fitSteps.ts'
import type { FitStore } from './fitStore.ts'
import { prefetch } from './loader.ts'

const BATCHES_AHEAD = 3

/** One training on this machine, from its start or from where it was left to its end. */
export class FitRun {
  readonly #steps: FitSteps
  readonly #options: FitOptions
  readonly #store: FitStore | undefined

  constructor(steps: FitSteps, options: FitOptions, store: FitStore | undefined) {
    this.#steps = steps
    this.#options = options
    this.#store = store
  }

  async run(): Promise<FitResult> {
    const { epochs, signal } = this.#options
    const { stepsPerEpoch } = this.#steps
    let done = await this.#resume()
    this.#steps.begin(done)
    while (done < epochs * stepsPerEpoch && !this.#steps.stopped) {
      const end = (Math.floor(done / stepsPerEpoch) + 1) * stepsPerEpoch
      done = await this.#epoch(done, end)
      const over = done === epochs * stepsPerEpoch || (done === end && this.#steps.stopped)
      if (signal?.aborted && !over) return this.#end('interrupted')
    }
    return this.#end(this.#steps.stopped ? 'stopped-early' : 'finished')
  }

  /** Runs steps up to the end of an epoch; returns how many are done, fewer where the signal came. */
  async #epoch(from: number, end: number): Promise<number> {
    const { checkpointEvery = 100, signal } = this.#options
    const { passes, stepsPerEpoch } = this.#steps
    const batches = prefetch((i) => this.#load(i), {
      ...{ from: from * passes, to: end * passes, ahead: BATCHES_AHEAD },
    })
    for (let step = from; step < end; step++) {
      await this.#step(step, batches)
      const done = step + 1
      if (done === end) break
      const inEpoch = done % stepsPerEpoch
      if (signal?.aborted || inEpoch % checkpointEvery === 0) await this.#save(done)
      if (signal?.aborted) return done
    }
    const best = await this.#steps.judge(end / stepsPerEpoch - 1, await this.#steps.validate())
    const state = best && this.#steps.best
    if (state) await this.#store?.saveBest(this.#steps.checkpointOf(state, end - stepsPerEpoch))
    await this.#save(end)
    return end
  }

  /** Passes are counted over the whole training. */
  #load(i: number): Promise<AssembledBatch> {
    const { passes, stepsPerEpoch } = this.#steps
    const step = Math.floor(i / passes)
    const epoch = Math.floor(step / stepsPerEpoch)
    return this.#steps.load({ epoch, step: step % stepsPerEpoch, pass: i % passes })
  }

  async #step(step: number, batches: AsyncGenerator<AssembledBatch>): Promise<void> {
    const { passes, trainer } = this.#steps
    const rate = this.#steps.rateAt(step)
    let [loss, right] = [0, 0]
    let sum: Arrays | undefined
    for (let pass = 0; pass < passes; pass++) {
      const { value: batch } = await batches.next()
      const result = await (passes === 1
        ? trainer.step(batch, rate)
        : trainer.gradients(batch)
      ).catch((error: unknown) => this.#steps.failed(error, step))
      if ('gradients' in result) sum = accumulate(sum, result.gradients as Arrays, 1 / passes)
      loss += result.loss / passes
      right += countRight(result.logits, batch.labels)
    }
    if (sum) await trainer.update(sum, rate)
    this.#steps.note(step, { loss, right })
  }

  async #resume(): Promise<number> {
    const found = await this.#store?.resume((message) => this.#steps.problem(message))
    const { folder } = this.#options
    const done = found ? await this.#steps.restore(found.latest, found.best, folder) : 0
    await this.#store?.cutLog(done)
    return done
  }

  async #save(step: number): Promise<void> {
    if (this.#store) await this.#store.save(step, await this.#steps.checkpoint(step))
  }

  async #end(reason: DoneEvent['reason']): Promise<FitResult> {
    const result = await this.#steps.result(reason)
    await this.#store?.close()
    return result
  }
}
