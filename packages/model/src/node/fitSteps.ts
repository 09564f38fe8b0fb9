import { crc32 } from '../crc32.ts'
import { ModelError } from '../errors.ts'
import type { Json } from '../json.ts'
import { type Evaluation, evaluate } from '../metrics/evaluation.ts'
import { predictionsOf, softmax } from '../metrics/softmax.ts'
import type { AssembledBatch } from '../train/batches.ts'
import type { Checkpoint } from '../train/checkpoint.ts'
import type { TrainingState } from '../train/core.ts'
import { type EarlyStoppingState, earlyStopping } from '../train/earlyStopping.ts'
import type { DoneEvent, TrainingEvent } from '../train/events.ts'
import { type BatchOrder, batchOrder } from '../train/order.ts'
import type { Schedule } from '../train/schedules.ts'
import type { FitOptions, FitResult } from './fit.ts'
import { checkExamples, notFinite } from './fitChecks.ts'
import type { Loader } from './loader.ts'
import { predictAll, type Rows } from './predictAll.ts'
import { Speed } from './speed.ts'
import type { Trainer } from './trainer.ts'

/** Sums over the epoch under way. */
interface Running {
  readonly loss: number
  readonly right: number
  readonly seen: number
}

/** What a checkpoint remembers beside weights and place. */
interface Progress {
  readonly stopping: EarlyStoppingState
  readonly running: Running
  /** What decides which examples come when, and how: with other ones, going on would mean nothing. */
  readonly order: { readonly [fact: string]: number }
}

/** What a step gave, over all of its passes. */
export interface StepNumbers {
  /** Mean. */
  readonly loss: number
  /** Examples judged right before the step. */
  readonly right: number
}

const nothing: Running = { loss: 0, right: 0, seen: 0 }

/**
 * What a training is made of, whoever goes from step to step: `fit` on one machine, or ranks that share the passes of
 * each step. All that decides is a function of the seed, the step and the pass.
 */
export class FitSteps {
  readonly stepsPerEpoch: number
  /** Passes whose mean gradient makes a step. */
  readonly passes: number
  readonly passExamples: number
  readonly trainer: Trainer
  readonly #loaders: { readonly train: Loader; readonly validation: Loader }
  readonly #options: FitOptions
  readonly #order: BatchOrder
  readonly #rate: Schedule
  readonly #stopper: ReturnType<typeof earlyStopping>
  readonly #speed = new Speed()
  #progress: Progress
  #best: TrainingState | undefined

  /** @throws ModelError `BAD_ARGUMENT` for examples that cannot be learned from */
  constructor(
    trainer: Trainer,
    loaders: { train: Loader; validation: Loader },
    options: FitOptions,
  ) {
    this.trainer = trainer
    this.#loaders = loaders
    this.#options = options
    this.passExamples = options.batch ?? 16
    this.passes = options.accumulate ?? 1
    const { labels } = loaders.train
    const validationLabels = loaders.validation.labels
    checkExamples(options, { labels, validationLabels, outputs: trainer.network.classes })
    this.#order = batchOrder({
      count: labels.length,
      batch: this.passExamples * this.passes,
      seed: options.seed ?? 0,
      ...((options.balance ?? true) && { balance: labels }),
    })
    this.stepsPerEpoch = this.#order.stepsPerEpoch
    this.#rate = options.schedule(options.epochs * this.stepsPerEpoch)
    this.#stopper = earlyStopping({ patience: options.patience ?? 10 })
    const order = this.#orderFacts()
    this.#progress = { stopping: this.#stopper.start, running: nothing, order }
  }

  /** Whether early stopping has seen enough. */
  get stopped(): boolean {
    return this.#progress.stopping.stop
  }

  /** The state of the best epoch so far. */
  get best(): TrainingState | undefined {
    return this.#best
  }

  /** Examples that are held out. */
  get validationExamples(): number {
    return this.#loaders.validation.labels.length
  }

  /** Learning rate of a step, counted from 0 over the whole training. */
  rateAt(step: number): number {
    return this.#rate(step)
  }

  /** The examples of one pass of a step within its epoch. */
  load({
    epoch,
    step,
    pass,
  }: {
    readonly epoch: number
    readonly step: number
    readonly pass: number
  }): Promise<AssembledBatch> {
    const start = pass * this.passExamples
    const indices = this.#order.batch(epoch, step).slice(start, start + this.passExamples)
    return this.#loaders.train.batch(epoch, indices)
  }

  /** Tells that training begins, or goes on after so many steps. */
  begin(resumedAt: number): void {
    const { classes, epochs, seed = 0 } = this.#options
    this.tell({
      kind: 'start',
      timeMs: Date.now(),
      network: this.trainer.network.name,
      classes,
      trainExamples: this.#loaders.train.labels.length,
      validationExamples: this.validationExamples,
      batch: this.passExamples * this.passes,
      epochs,
      stepsPerEpoch: this.stepsPerEpoch,
      parameters: this.trainer.parameterCount,
      optimizer: this.trainer.optimizer,
      seed,
      ...(resumedAt > 0 && { resumedAt }),
    })
  }

  /** Counts what a step gave, and tells of it. */
  note(step: number, { loss, right }: StepNumbers): void {
    const seen = this.passExamples * this.passes
    const { running } = this.#progress
    this.#progress = {
      ...this.#progress,
      running: {
        loss: running.loss + loss,
        right: running.right + right,
        seen: running.seen + seen,
      },
    }
    this.tell({
      kind: 'step',
      timeMs: Date.now(),
      epoch: Math.floor(step / this.stepsPerEpoch),
      step,
      loss,
      rate: this.#rate(step),
      imagesPerSecond: this.#speed.count(seen),
    })
  }

  /** Logits of held-out examples, all of them by default, by the running statistics. */
  validate(rows?: Rows): Promise<Float32Array> {
    return predictAll(this.trainer, this.#loaders.validation, rows)
  }

  /**
   * Ends an epoch by the logits of all held-out examples, and tells of it. Returns whether it is the best so far.
   * @throws ModelError `NOT_FINITE` where the validation loss is
   */
  async judge(epoch: number, logits: Float32Array): Promise<boolean> {
    const { labels } = this.#loaders.validation
    const classes = this.#options.classes.length
    const probabilities = softmax(logits, classes)
    const validationLoss = meanLogLoss(probabilities, labels)
    if (!Number.isFinite(validationLoss)) {
      const cause = new ModelError('NOT_FINITE', `the validation loss is ${validationLoss}`)
      this.failed(cause, (epoch + 1) * this.stepsPerEpoch - 1)
    }
    const { running } = this.#progress
    const stopping = this.#stopper.observe(this.#progress.stopping, validationLoss)
    const best = stopping.bestAt === stopping.seen - 1
    if (best) this.#best = await this.trainer.snapshot()
    this.#progress = { ...this.#progress, stopping, running: nothing }
    const { scores } = evaluate(probabilities, labels)
    this.tell({
      kind: 'epoch',
      timeMs: Date.now(),
      epoch,
      steps: (epoch + 1) * this.stepsPerEpoch,
      trainLoss: running.loss / this.stepsPerEpoch,
      validationLoss,
      trainAccuracy: running.right / Math.max(1, running.seen),
      validationAccuracy: scores.accuracy,
      validationMacroF1: scores.macroF1,
      imagesPerSecond: this.#speed.last,
      best,
    })
    return best
  }

  /**
   * All that is needed to go on after so many steps.
   * @throws ModelError `NOT_FINITE` where weights are not
   */
  async checkpoint(step: number): Promise<Checkpoint> {
    return this.checkpointOf(await this.trainer.snapshot(), step)
  }

  /** A state of this training as a checkpoint after so many steps. */
  checkpointOf(state: TrainingState, step: number): Checkpoint {
    const { parameters, buffers, optimizer } = state
    const bad = notFinite(state)
    if (bad) this.failed(new ModelError('NOT_FINITE', `${bad} is not finite`), optimizer.step - 1)
    return {
      parameters,
      buffers,
      optimizer: { ...optimizer, name: this.trainer.optimizer },
      position: { epoch: Math.floor(step / this.stepsPerEpoch), step: step % this.stepsPerEpoch },
      progress: this.#progress as unknown as Json,
      settings: this.#options.settings ?? null,
    }
  }

  /**
   * Goes back to a checkpoint; returns the steps that were done by then. `where` names its place in errors.
   * @throws ModelError `BAD_ARGUMENT` for one of another training
   */
  async restore(
    checkpoint: Checkpoint,
    best?: TrainingState,
    where = 'checkpoint',
  ): Promise<number> {
    const { parameters, buffers, optimizer, position } = checkpoint
    const progress = checkpoint.progress as unknown as Progress
    const { settings = null } = this.#options
    const changed = differences(checkpoint.settings, settings)
    if (changed.length > 0) {
      const message = `${where}: holds a training with other settings (${changed.join(', ')}); choose another folder, or remove it`
      throw new ModelError('BAD_ARGUMENT', message)
    }
    const [kept, now] = [progress.order, this.#orderFacts()].map((facts) => JSON.stringify(facts))
    if (kept !== now) {
      const message = `${where}: holds a training with other settings, ${kept} and not ${now}; choose another folder, or remove it`
      throw new ModelError('BAD_ARGUMENT', message)
    }
    await this.trainer.restore({ parameters, buffers, optimizer })
    this.#progress = progress
    this.#best = best
    if (progress.stopping.bestAt >= 0 && !best) {
      this.problem('the best weights so far are lost: the best from now on will be taken')
      this.#progress = { ...progress, stopping: { ...progress.stopping, best: null, bestAt: -1 } }
    }
    return position.epoch * this.stepsPerEpoch + position.step
  }

  /** What the best weights come to; the trainer holds the latest ones afterwards. */
  async result(reason: DoneEvent['reason']): Promise<FitResult> {
    const latest = await this.trainer.snapshot()
    const best = this.#best ?? latest
    await this.trainer.restore(best)
    const logits = await this.validate()
    await this.trainer.restore(latest)
    const { labels } = this.#loaders.validation
    const evaluation: Evaluation = evaluate(softmax(logits, this.#options.classes.length), labels)
    const bestEpoch = Math.max(0, this.#progress.stopping.bestAt)
    this.tell({ kind: 'done', timeMs: Date.now(), reason, bestEpoch, evaluation })
    return { reason, best, bestEpoch, logits, labels, evaluation }
  }

  tell(event: TrainingEvent): void {
    this.#options.onEvent?.(event)
  }

  problem(message: string): void {
    this.tell({ kind: 'problem', timeMs: Date.now(), message })
  }

  /** Passes an error on; one of a loss that is no number with the step where it happened. */
  failed(error: unknown, step: number): never {
    if (!(error instanceof ModelError) || error.code !== 'NOT_FINITE') throw error
    const kept = this.#options.folder ? '; the last checkpoint before it is kept' : ''
    const message = `step ${step}: ${error.message}${kept}; a smaller learning rate may help`
    this.problem(message)
    throw new ModelError('NOT_FINITE', message, { cause: error })
  }

  #orderFacts(): Progress['order'] {
    const { seed = 0, balance = true, augment = false, withoutEvidence = 0.15 } = this.#options
    const { train, validation } = this.#loaders
    const { buffer, byteOffset, byteLength } = train.labels
    return {
      examples: train.labels.length,
      validationExamples: validation.labels.length,
      batch: this.passExamples,
      passes: this.passes,
      seed,
      balance: Number(balance),
      augment: Number(augment),
      withoutEvidence,
      labels: crc32(new Uint8Array(buffer, byteOffset, byteLength)),
    }
  }
}

/** Names of the settings that two trainings differ in; long values are not shown. */
function differences(kept: Json, now: Json): string[] {
  if (JSON.stringify(kept) === JSON.stringify(now)) return []
  const [before, after] = [kept, now].map((all) =>
    typeof all === 'object' && all !== null && !Array.isArray(all) ? all : { settings: all },
  ) as [Record<string, Json>, Record<string, Json>]
  const text = (value: Json | undefined) => JSON.stringify(value) ?? 'none'
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => text(before[name]) !== text(after[name]))
    .map((name) => {
      const [was, is] = [text(before[name]), text(after[name])]
      return was.length + is.length > 40 ? name : `${name} ${was}, now ${is}`
    })
}

/** Examples of a batch that its logits judge right. */
export function countRight(logits: Float32Array, labels: Uint32Array): number {
  const predicted = predictionsOf(logits, logits.length / labels.length)
  return labels.reduce((sum, label, i) => sum + Number(predicted[i] === label), 0)
}

function meanLogLoss(probabilities: Float32Array, labels: Uint32Array): number {
  const classes = probabilities.length / labels.length
  let loss = 0
  for (let i = 0; i < labels.length; i++)
    loss -= Math.log(Math.max(1e-12, probabilities[i * classes + labels[i]]))
  return loss / labels.length
}
