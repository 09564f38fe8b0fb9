import type { Collective } from '../collective.ts'
import { DistributedError, exitCodeOf, exitCodes } from '../errors.ts'
import type { TrainingEnd } from '../group.ts'
import type { TrainOptions, TrainResult } from '../trainDataParallel.ts'
import { GradientArena, type Telling, type Told } from './gradientArena.ts'
import type { Progress } from './joining.ts'
import { requireEqualWeights, shareBuffers } from './likeness.ts'
import { partWith } from './parting.ts'
import { PassLoader } from './passLoader.ts'
import type { GradientPlan } from './plan.ts'
import type { Save, Saver } from './saver.ts'
import type { Settings } from './settings.ts'
import { StepClock } from './stepClock.ts'
import { WeightMean } from './weightMean.ts'

/** Where a generation begins, and what it shares with the others. */
export interface GenerationStart {
  readonly settings: Settings
  readonly collective: Collective
  readonly plan: GradientPlan
  readonly saver: Saver
  readonly progress: Progress
  onProgress(progress: Progress): void
}

/** One rank's training from one meeting to the next. */
export class GenerationRun<Batch> {
  readonly #options: TrainOptions<Batch>
  readonly #settings: Settings
  readonly #collective: Collective
  readonly #arena: GradientArena
  readonly #loader: PassLoader<Batch>
  readonly #mean: WeightMean
  readonly #saver: Saver
  readonly #onProgress: (progress: Progress) => void
  #step: number
  #epochs: number
  #stopped: boolean
  /** The last step at which weights were compared. */
  #compared: number
  /** Whether ranks have stepped alone since they last were alike. */
  #apart = false
  #stopping = false
  /** What this rank will end with, once the others know. */
  #mistake: Error | undefined

  constructor(options: TrainOptions<Batch>, start: GenerationStart) {
    const { settings, collective, plan } = start
    const { rank, world } = collective
    const { wire, bucketBytes } = settings
    const steps = settings.epochs * settings.stepsPerEpoch
    this.#options = options
    this.#settings = settings
    this.#collective = collective
    const overlap = options.overlap ?? true
    this.#arena = new GradientArena(plan, collective, { bucketBytes, wire, overlap })
    this.#loader = new PassLoader(options.data, { rank, world, steps })
    this.#mean = new WeightMean(collective, bucketBytes)
    this.#saver = start.saver
    this.#onProgress = start.onProgress
    this.#step = start.progress.step
    this.#epochs = start.progress.epochs
    this.#stopped = start.progress.stopped
    this.#compared = this.#step
  }

  async run(): Promise<TrainResult> {
    const { epochs, stepsPerEpoch } = this.#settings
    for (;;) {
      if (this.#epochs < Math.floor(this.#step / stepsPerEpoch)) {
        await this.#endEpoch()
      }
      if (this.#stopped) return this.#end('stopped')
      if (this.#epochs >= epochs) return this.#end('finished')
      if (this.#stopping) return this.#end('interrupted')
      await this.#nextStep()
    }
  }

  async #nextStep(): Promise<void> {
    const { localSteps, checkpointEvery, checkEvery, stepsPerEpoch } = this.#settings
    const step = this.#step
    const alone = localSteps !== null && step >= localSteps.after
    const clock = new StepClock(this.#collective)
    const numbers = alone ? await this.#stepAlone(clock) : await this.#stepTogether(clock)
    this.#advance({ step: step + 1, epochs: this.#epochs })
    const ends = this.#step % stepsPerEpoch === 0
    const saves = this.#step % checkpointEvery === 0
    const meets = alone && (this.#step - localSteps.after) % localSteps.every === 0
    if (this.#apart && (ends || saves || meets))
      await clock.communicating(() => this.#comeTogether())
    this.#options.onEvent?.({
      kind: 'step',
      epoch: Math.floor(step / stepsPerEpoch),
      step: this.#step,
      numbers,
      ...clock.read({
        all: this.#settings.passes,
        own: this.#loader.own.length,
        examples: this.#options.data.passExamples ?? 1,
      }),
    })
    if (!this.#apart && this.#step - this.#compared >= checkEvery) await this.#compare()
    // The end of an epoch saves when all that belongs to it is done.
    if (saves && !ends) await this.#save()
  }

  /** A step along the mean gradient of all passes. */
  async #stepTogether(clock: StepClock): Promise<Told['numbers']> {
    const { passes } = this.#settings
    const own = this.#loader.own
    const step = this.#step
    this.#arena.begin({ step, passes: own.length, divisor: passes, shared: true })
    await this.#attempt(() => this.#compute(own, clock))
    const told = await clock.communicating(() => this.#agree((mine) => this.#arena.finish(mine)))
    await clock.computing(() => this.#options.replica.update(this.#arena.gradients, step))
    return told.numbers
  }

  /** A step along the mean gradient of this rank's own passes. */
  async #stepAlone(clock: StepClock): Promise<Told['numbers']> {
    const own = this.#loader.own
    const step = this.#step
    this.#apart = true
    this.#arena.begin({ step, passes: own.length, divisor: own.length, shared: false })
    if (own.length === 0 || this.#mistake !== undefined) return {}
    await this.#attempt(async () => {
      await this.#compute(own, clock)
      const bad = notFinite(this.#arena.ownNumbers, step)
      if (bad) throw bad
      await clock.computing(() => this.#options.replica.update(this.#arena.gradients, step))
    })
    return this.#arena.ownNumbers
  }

  /** A mistake is kept until the others can be told: then they end as well, and not after a long wait. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (exitCodeOf(error) !== exitCodes.never) throw error
      this.#mistake = error as Error
    }
  }

  async #compute(passes: readonly number[], clock: StepClock): Promise<void> {
    const { signal } = this.#collective
    for (const pass of passes) {
      const at = { step: this.#step, pass }
      const batch = await clock.loading(() => this.#loader.take(at))
      await clock.computing(async () => {
        for await (const part of this.#options.replica.gradients(batch)) {
          if (signal.aborted) throw signal.reason
          this.#arena.add(part)
        }
        this.#arena.endPass()
      })
    }
  }

  async #comeTogether(): Promise<void> {
    const step = this.#step
    const share = this.#loader.own.length / this.#settings.passes
    await this.#agree((mine) => this.#arena.tell(mine))
    await this.#mean.take(this.#options.replica, { share, step })
    this.#apart = false
  }

  get #wantsToStop(): boolean {
    return this.#options.signal?.aborted ?? false
  }

  /** Tells the others how this rank fares, and heeds what they tell. */
  async #agree(exchange: (mine: Telling) => Promise<Told>): Promise<Told> {
    const step = this.#step
    const mistake = this.#mistake
    const mine = { stop: this.#wantsToStop, failed: mistake !== undefined }
    const told = await exchange(mine).catch((error: unknown) => {
      throw mistake ?? error
    })
    const { numbers, failed, stopping } = told
    const message = `rank ${failed.join(', ')} failed at step ${step}: see what it says itself`
    const others = failed.length > 0 ? new DistributedError('FAILED', message) : undefined
    const end = mistake ?? others ?? notFinite(numbers, step)
    if (end) await partWith(end, this.#collective)
    if (stopping.length > 0) this.#stopping = true
    return told
  }

  async #compare(): Promise<void> {
    await requireEqualWeights(this.#options.replica, this.#collective, this.#step)
    this.#compared = this.#step
  }

  async #endEpoch(): Promise<void> {
    const epoch = this.#epochs
    const collective = this.#collective
    await shareBuffers(this.#options.replica, collective)
    const at = { epoch, step: this.#step, collective }
    const verdict = await this.#options.afterEpoch?.(at)
    const flags = Uint8Array.of(Number(verdict?.stop ?? false), Number(this.#wantsToStop))
    const all = await collective.allGather(flags)
    const stops = all.flatMap(([stop], rank) => (stop ? [rank] : []))
    if (stops.length > 0 && stops.length < all.length) {
      const message = `after epoch ${epoch} rank ${stops.join(', ')} would stop training, the others would not`
      await partWith(new DistributedError('DIVERGED', message), collective)
    }
    if (all.some(([, wish]) => wish)) this.#stopping = true
    this.#stopped = stops.length > 0
    this.#advance({ step: this.#step, epochs: epoch + 1 })
    await this.#save()
  }

  #advance({ step, epochs }: { readonly step: number; readonly epochs: number }): void {
    this.#step = step
    this.#epochs = epochs
    this.#onProgress({ step, epochs, stopped: this.#stopped })
  }

  async #save(): Promise<void> {
    if (this.#collective.rank === 0) await this.#saver.begin(this.#toSave())
  }

  #toSave(): Save {
    const { replica } = this.#options
    return { step: this.#step, stopped: this.#stopped, snapshot: () => replica.snapshot() }
  }

  /** All end together, and only when the last checkpoint is safe. */
  async #end(reason: 'interrupted' | TrainingEnd['reason']): Promise<TrainResult> {
    const { group } = this.#options
    const step = this.#step
    let failure: Error | undefined
    if (this.#apart) await this.#comeTogether()
    if (this.#collective.rank === 0)
      await this.#saver.finish(this.#toSave()).catch((error: Error) => {
        failure = error
      })
    const all = await this.#collective.allGather(Uint8Array.of(Number(failure !== undefined)))
    if (all.some(([failed]) => failed)) {
      const message = `no last checkpoint at step ${step}: rank 0 could not write it`
      await partWith(failure ?? new DistributedError('IO', message), this.#collective)
    }
    const end = { step, epochs: this.#epochs }
    // Whoever is lost from here on would wait in vain for the others, who do not come again.
    if (group.leads && reason !== 'interrupted') await group.conclude({ reason, ...end })
    // Whoever leaves first must not abort what the others have not heard yet.
    await this.#collective.barrier().catch(() => undefined)
    return { reason, ...end }
  }
}

function notFinite(numbers: Told['numbers'], step: number): DistributedError | undefined {
  const bad = Object.entries(numbers).find(([, value]) => !Number.isFinite(value))
  return bad && new DistributedError('FAILED', `step ${step}: ${bad[0]} is ${bad[1]}`)
}
