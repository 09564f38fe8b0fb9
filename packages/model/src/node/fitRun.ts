import { crc32 } from '../crc32.ts'
import { ModelError } from '../errors.ts'
import type { Json } from '../json.ts'
import { type Evaluation, evaluate } from '../metrics/evaluation.ts'
import { predictionsOf, softmax } from '../metrics/softmax.ts'
import { accumulate } from '../train/accumulate.ts'
import type { Arrays } from '../train/arrays.ts'
import type { AssembledBatch } from '../train/batches.ts'
import type { Checkpoint } from '../train/checkpoint.ts'
import type { TrainingState } from '../train/core.ts'
import { type EarlyStoppingState, earlyStopping } from '../train/earlyStopping.ts'
import type { DoneEvent, TrainingEvent } from '../train/events.ts'
import { type BatchOrder, batchOrder } from '../train/order.ts'
import type { Schedule } from '../train/schedules.ts'
import type { FitOptions, FitResult } from './fit.ts'
import { checkExamples, notFinite } from './fitChecks.ts'
import { type FitStore, openFitStore } from './fitStore.ts'
import { type Loader, prefetch } from './loader.ts'
import { predictAll } from './predictAll.ts'
import type { Trainer } from './trainer.ts'

/** Sums over the epoch under way. */
type Running = { readonly loss: number; readonly right: number; readonly seen: number }

/** What a checkpoint remembers beside weights and place. */
interface Progress {
  readonly stopping: EarlyStoppingState
  readonly running: Running
  /** What decides which examples come when, and how: with other ones, going on would mean nothing. */
  readonly order: { readonly [fact: string]: number }
}

const nothing: Running = { loss: 0, right: 0, seen: 0 }
const BATCHES_AHEAD = 3

/** One training from its start, or from where it was left, to its end. */
export class FitRun {
  readonly #trainer: Trainer
  readonly #loaders: { readonly train: Loader; readonly validation: Loader }
  readonly #options: FitOptions
  readonly #batch: number
  readonly #passes: number
  readonly #order: BatchOrder
  readonly #rate: Schedule
  readonly #stopper: ReturnType<typeof earlyStopping>
  #store: FitStore | undefined
  #progress: Progress
  #best: TrainingState | undefined
  #speed = new Speed()

  constructor(
    trainer: Trainer,
    loaders: { train: Loader; validation: Loader },
    options: FitOptions,
  ) {
    this.#trainer = trainer
    this.#loaders = loaders
    this.#options = options
    this.#batch = options.batch ?? 16
    this.#passes = options.accumulate ?? 1
    const { labels } = loaders.train
    const validationLabels = loaders.validation.labels
    const outputs = trainer.network.classes
    checkExamples(options, { labels, validationLabels, outputs })
    this.#order = batchOrder({
      count: labels.length,
      batch: this.#batch * this.#passes,
      seed: options.seed ?? 0,
      ...((options.balance ?? true) && { balance: labels }),
    })
    this.#rate = options.schedule(options.epochs * this.#order.stepsPerEpoch)
    this.#stopper = earlyStopping({ patience: options.patience ?? 10 })
    const order = this.#orderFacts()
    this.#progress = { stopping: this.#stopper.start, running: nothing, order }
  }

  async run(): Promise<FitResult> {
    const { epochs, folder, settings = null, signal } = this.#options
    this.#store = folder === undefined ? undefined : await openFitStore(folder, settings)
    let { epoch, step } = await this.#resume()
    this.#start(epoch * this.#order.stepsPerEpoch + step)
    while (epoch < epochs && !this.#progress.stopping.stop) {
      const at = await this.#epoch(epoch, step)
      if (at !== undefined) return this.#end('interrupted')
      epoch++
      step = 0
      if (signal?.aborted && epoch < epochs) return this.#end('interrupted')
    }
    return this.#end(this.#progress.stopping.stop ? 'stopped-early' : 'finished')
  }

  /** Runs an epoch from a step on; returns the step where the signal stopped it. */
  async #epoch(epoch: number, from: number): Promise<number | undefined> {
    const { checkpointEvery = 100, signal } = this.#options
    const steps = this.#order.stepsPerEpoch
    const passes = prefetch((i) => this.#load(epoch, i), {
      from: from * this.#passes,
      to: steps * this.#passes,
      ahead: BATCHES_AHEAD,
    })
    for (let step = from; step < steps; step++) {
      await this.#step(epoch, step, passes)
      const next = step + 1
      if (next === steps) break
      if (signal?.aborted || next % checkpointEvery === 0) await this.#save(epoch, next)
      if (signal?.aborted) return next
    }
    await this.#judge(epoch)
    await this.#save(epoch + 1, 0)
    return undefined
  }

  #load(epoch: number, pass: number): Promise<AssembledBatch> {
    const step = Math.floor(pass / this.#passes)
    const start = (pass % this.#passes) * this.#batch
    const indices = this.#order.batch(epoch, step).slice(start, start + this.#batch)
    return this.#loaders.train.batch(epoch, indices)
  }

  async #step(epoch: number, step: number, passes: AsyncGenerator<AssembledBatch>): Promise<void> {
    const number = epoch * this.#order.stepsPerEpoch + step
    const rate = this.#rate(number)
    let loss = 0
    let right = 0
    let sum: Arrays | undefined
    for (let pass = 0; pass < this.#passes; pass++) {
      const { value: batch } = await passes.next()
      const one = this.#passes === 1
      const result = await (one
        ? this.#trainer.step(batch, rate)
        : this.#trainer.gradients(batch)
      ).catch((error: unknown) => this.#failed(error, number))
      if ('gradients' in result) sum = accumulate(sum, result.gradients as Arrays, 1 / this.#passes)
      loss += result.loss / this.#passes
      right += countRight(result.logits, batch.labels)
    }
    if (sum) await this.#trainer.update(sum, rate)
    const seen = this.#batch * this.#passes
    const { running } = this.#progress
    this.#progress = {
      ...this.#progress,
      running: {
        loss: running.loss + loss,
        right: running.right + right,
        seen: running.seen + seen,
      },
    }
    const imagesPerSecond = this.#speed.count(seen)
    this.#tell({
      kind: 'step',
      timeMs: Date.now(),
      epoch,
      step: number,
      loss,
      rate,
      imagesPerSecond,
    })
  }

  /** The validation examples, and whether this epoch is the best so far. */
  async #judge(epoch: number): Promise<void> {
    const { logits, labels, loss } = await this.#validate()
    if (!Number.isFinite(loss)) {
      const cause = new ModelError('NOT_FINITE', `the validation loss is ${loss}`)
      this.#failed(cause, (epoch + 1) * this.#order.stepsPerEpoch - 1)
    }
    const { running } = this.#progress
    const stopping = this.#stopper.observe(this.#progress.stopping, loss)
    const best = stopping.bestAt === stopping.seen - 1
    if (best) {
      this.#best = await this.#trainer.snapshot()
      await this.#store?.saveBest(this.#checkpoint(this.#best, { epoch, step: 0 }))
    }
    this.#progress = { ...this.#progress, stopping, running: nothing }
    const { scores } = evaluate(softmax(logits, this.#options.classes.length), labels)
    this.#tell({
      kind: 'epoch',
      timeMs: Date.now(),
      epoch,
      steps: (epoch + 1) * this.#order.stepsPerEpoch,
      trainLoss: running.loss / this.#order.stepsPerEpoch,
      validationLoss: loss,
      trainAccuracy: running.right / Math.max(1, running.seen),
      validationAccuracy: scores.accuracy,
      validationMacroF1: scores.macroF1,
      imagesPerSecond: this.#speed.last,
      best,
    })
  }

  async #validate(): Promise<{ logits: Float32Array; labels: Uint32Array; loss: number }> {
    const logits = await predictAll(this.#trainer, this.#loaders.validation)
    const { labels } = this.#loaders.validation
    const classes = this.#options.classes.length
    const probabilities = softmax(logits, classes)
    let loss = 0
    for (let i = 0; i < labels.length; i++)
      loss -= Math.log(Math.max(1e-12, probabilities[i * classes + labels[i]]))
    return { logits, labels, loss: loss / labels.length }
  }

  async #resume(): Promise<{ epoch: number; step: number }> {
    const problem = (message: string) =>
      this.#tell({ kind: 'problem', timeMs: Date.now(), message })
    const found = await this.#store?.resume(problem)
    if (!found) return { epoch: 0, step: 0 }
    const { parameters, buffers, optimizer, position } = found.latest
    const progress = found.latest.progress as unknown as Progress
    const [kept, now] = [progress.order, this.#orderFacts()].map((facts) => JSON.stringify(facts))
    if (kept !== now) {
      const message = `${this.#options.folder}: holds a training with other settings, ${kept} and not ${now}; choose another folder, or remove it`
      throw new ModelError('BAD_ARGUMENT', message)
    }
    await this.#trainer.restore({ parameters, buffers, optimizer })
    this.#progress = progress
    this.#best = found.best
    if (progress.stopping.bestAt >= 0 && !found.best) {
      problem('the best weights so far are lost: the best from now on will be taken')
      this.#progress = { ...progress, stopping: { ...progress.stopping, best: null, bestAt: -1 } }
    }
    return position
  }

  #orderFacts(): Progress['order'] {
    const { seed = 0 } = this.#options
    const { train, validation } = this.#loaders
    const [examples, validationExamples] = [train.labels.length, validation.labels.length]
    const { balance = true, augment = false, withoutEvidence = 0.15 } = this.#options
    const labels = new Uint8Array(
      train.labels.buffer,
      train.labels.byteOffset,
      train.labels.byteLength,
    )
    return {
      ...{ examples, validationExamples, batch: this.#batch, passes: this.#passes, seed },
      ...{
        balance: Number(balance),
        augment: Number(augment),
        withoutEvidence,
        labels: crc32(labels),
      },
    }
  }

  async #save(epoch: number, step: number): Promise<void> {
    if (!this.#store) return
    const state = await this.#trainer.snapshot()
    const number = epoch * this.#order.stepsPerEpoch + step
    await this.#store.save(number, this.#checkpoint(state, { epoch, step }))
  }

  #checkpoint(state: TrainingState, position: Checkpoint['position']): Checkpoint {
    const { parameters, buffers, optimizer } = state
    const bad = notFinite(state)
    if (bad) this.#failed(new ModelError('NOT_FINITE', `${bad} is not finite`), optimizer.step - 1)
    return {
      parameters,
      buffers,
      optimizer: { ...optimizer, name: this.#trainer.optimizer },
      position,
      progress: this.#progress as unknown as Json,
      settings: this.#options.settings ?? null,
    }
  }

  async #end(reason: DoneEvent['reason']): Promise<FitResult> {
    const best = this.#best ?? (await this.#trainer.snapshot())
    const latest = await this.#trainer.snapshot()
    await this.#trainer.restore(best)
    const { logits, labels } = await this.#validate()
    await this.#trainer.restore(latest)
    const evaluation: Evaluation = evaluate(softmax(logits, this.#options.classes.length), labels)
    const bestEpoch = Math.max(0, this.#progress.stopping.bestAt)
    this.#tell({ kind: 'done', timeMs: Date.now(), reason, bestEpoch, evaluation })
    await this.#store?.close()
    return { reason, best, bestEpoch, logits, labels, evaluation }
  }

  #start(resumedAt: number): void {
    const { classes, epochs, seed = 0 } = this.#options
    this.#tell({
      kind: 'start',
      timeMs: Date.now(),
      network: this.#trainer.network.name,
      classes,
      trainExamples: this.#loaders.train.labels.length,
      validationExamples: this.#loaders.validation.labels.length,
      batch: this.#batch * this.#passes,
      epochs,
      stepsPerEpoch: this.#order.stepsPerEpoch,
      parameters: this.#trainer.parameterCount,
      optimizer: this.#trainer.optimizer,
      seed,
      ...(resumedAt > 0 && { resumedAt }),
    })
  }

  #tell(event: TrainingEvent): void {
    this.#store?.log(event)
    this.#options.onEvent?.(event)
  }

  #failed(error: unknown, step: number): never {
    if (!(error instanceof ModelError) || error.code !== 'NOT_FINITE') throw error
    const kept = this.#store ? '; the last checkpoint before it is kept' : ''
    const message = `step ${step}: ${error.message}${kept}; a smaller learning rate may help`
    this.#tell({ kind: 'problem', timeMs: Date.now(), message })
    throw new ModelError('NOT_FINITE', message, { cause: error })
  }
}

/** Examples per second, over the last few steps. */
class Speed {
  last = 0
  #before = performance.now()

  count(examples: number): number {
    const now = performance.now()
    const speed = (1000 * examples) / Math.max(1e-3, now - this.#before)
    this.#before = now
    this.last = this.last === 0 ? speed : 0.9 * this.last + 0.1 * speed
    return this.last
  }
}

function countRight(logits: Float32Array, labels: Uint32Array): number {
  const predicted = predictionsOf(logits, logits.length / labels.length)
  return labels.reduce((sum, label, i) => sum + Number(predicted[i] === label), 0)
}
