import type { CheckpointStore } from '../checkpoints.ts'
import { DistributedError } from '../errors.ts'
import { type Meeting, type TrainingEnd, TrainingOver } from '../group.ts'
import type { TrainOptions, TrainResult } from '../trainDataParallel.ts'
import { GenerationRun } from './generationRun.ts'
import { join, type Progress } from './joining.ts'
import { PassLoader } from './passLoader.ts'
import type { GradientPlan } from './plan.ts'
import { planFrom } from './plan.ts'
import { Saver } from './saver.ts'
import type { Settings } from './settings.ts'

/** Meetings in a row that may break up before a step is done: networks that never hold are not tried for ever. */
const MOST_BARREN_MEETINGS = 30

/** One rank's training, over all meetings of the ranks. */
export class TrainingRun<Batch> {
  readonly #options: TrainOptions<Batch>
  readonly #settings: Settings
  readonly #saver: Saver
  #progress: Progress = { step: -1, epochs: -1, stopped: false }
  #plan: GradientPlan | undefined
  /** In the last meeting. */
  #rank: number | undefined

  constructor(options: TrainOptions<Batch>, settings: Settings) {
    this.#options = options
    this.#settings = settings
    this.#saver = new Saver(options)
  }

  async run(): Promise<TrainResult> {
    const before = await this.#resume(this.#options.checkpoints)
    if (before) return before
    let barren = 0
    for (;;) {
      const { step } = this.#progress
      try {
        return await this.#generation()
      } catch (error) {
        if (error instanceof TrainingOver) return this.#hearsOf(error.end)
        if (!(error instanceof DistributedError && error.code === 'ABORTED')) {
          await this.#saver.settled()
          throw error
        }
        barren = this.#progress.step > step ? 0 : barren + 1
        if (barren > MOST_BARREN_MEETINGS) {
          const message = `${barren} meetings in a row broke up before a step was done; the last: ${error.message}`
          throw new DistributedError('TIMEOUT', message, { cause: error })
        }
      }
    }
  }

  /** Returns how the training ended where nothing is left to do; others may still wait to hear so. */
  async #resume(checkpoints: CheckpointStore | undefined): Promise<TrainResult | undefined> {
    const { group } = this.#options
    const found = await checkpoints?.latest()
    if (!found) return undefined
    await this.#options.replica.restore(found.state)
    // A checkpoint at the end of an epoch is written when all that belongs to the end is done.
    const epochs = Math.floor(found.step / this.#settings.stepsPerEpoch)
    const { step, stopped } = found
    this.#progress = { step, epochs, stopped }
    this.#saver.keptAt = step
    const isOver = stopped || epochs >= this.#settings.epochs
    // The others meet whoever is still there: they cannot know whether it has heard of the end.
    if (!isOver || !group.leads) return undefined
    const end = { reason: stopped ? 'stopped' : 'finished', step, epochs } as const
    await group.conclude(end)
    return end
  }

  /** Whoever has made all steps has what the others have; whoever came anew, when they had gone, has not. */
  async #hearsOf({ reason, step, epochs }: TrainingEnd): Promise<TrainResult> {
    await this.#saver.settled()
    return { reason: this.#progress.step === step ? reason : 'missed', step, epochs }
  }

  /** From one meeting to the end of the training, or to the loss of a rank. */
  async #generation(): Promise<TrainResult> {
    const start = performance.now()
    const meeting = await this.#meet()
    if (!meeting) return this.#interrupted()
    const { collective } = meeting
    try {
      const { plan, progress } = await join({
        meeting,
        replica: this.#options.replica,
        settings: this.#settings,
        progress: this.#progress,
        plan: this.#plan,
        makePlan: (at) => this.#makePlan(at),
      })
      this.#plan = plan
      this.#progress = progress
      const { rank, world, generation } = collective
      this.#rank = rank
      const { step } = progress
      const meetingMs = performance.now() - start
      const told = { generation, rank, world, step, source: meeting.source, meetingMs }
      this.#options.onEvent?.({ kind: 'meeting', ...told })
      const run = new GenerationRun(this.#options, {
        settings: this.#settings,
        collective,
        plan,
        saver: this.#saver,
        progress,
        onProgress: (reached) => {
          this.#progress = reached
        },
      })
      return await run.run()
    } finally {
      // So that the others learn at once that this rank is gone, or meets anew.
      await collective.close()
    }
  }

  /** Nothing where the signal came first: nobody is there to agree with. */
  async #meet(): Promise<Meeting | undefined> {
    const { group, signal } = this.#options
    const meeting = group.meet({ step: this.#progress.step })
    if (!signal) return meeting
    const stopped = Promise.withResolvers<undefined>()
    const stop = () => stopped.resolve(undefined)
    signal.addEventListener('abort', stop)
    try {
      if (signal.aborted) stop()
      return await Promise.race([meeting, stopped.promise])
    } finally {
      signal.removeEventListener('abort', stop)
      meeting.catch(() => undefined)
    }
  }

  async #interrupted(): Promise<TrainResult> {
    const { step, epochs } = this.#progress
    // A checkpoint at the end of an epoch says that the end is done: without that, the last steps are done again.
    const isWhole = epochs >= Math.floor(step / this.#settings.stepsPerEpoch)
    // Nobody else will keep what has been done since the last checkpoint.
    if (this.#rank === 0 && isWhole && step > this.#saver.keptAt)
      await this.#saver.finish({ step, snapshot: () => this.#options.replica.snapshot() })
    await this.#saver.settled()
    return { reason: 'interrupted', step: Math.max(0, step), epochs: Math.max(0, epochs) }
  }

  async #makePlan({ step }: Progress): Promise<GradientPlan> {
    const { data, replica } = this.#options
    const steps = this.#settings.epochs * this.#settings.stepsPerEpoch
    const at = { step: Math.min(step, steps - 1), pass: 0 }
    const loader = new PassLoader(data, { rank: 0, world: data.passes, steps: 0 })
    return planFrom(replica.gradients(await loader.take(at)))
  }
}
