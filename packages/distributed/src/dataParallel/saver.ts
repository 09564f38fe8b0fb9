import type { Checkpoint, CheckpointStore } from '../checkpoints.ts'
import { DistributedError } from '../errors.ts'
import { reasonOf } from '../reasonOf.ts'
import type { TrainEvent } from './events.ts'

/** Where checkpoints go, and who is told. */
export interface SaverOptions {
  readonly checkpoints?: CheckpointStore
  onEvent?(event: TrainEvent): void
  say?(message: string): void
}

/** What is to be kept. */
export interface Save {
  readonly step: number
  /** Whether training stops here, though epochs are left. Default false. */
  readonly stopped?: boolean
  snapshot(): Promise<Uint8Array>
}

/**
 * Saves while training goes on, one checkpoint at a time: a slow disk must not look like a lost rank. What fails is
 * told, and tried again at the next occasion.
 */
export class Saver {
  /** Steps done in the newest checkpoint; -1 before the first. */
  keptAt = -1
  readonly #options: SaverOptions
  #saving: Promise<void> = Promise.resolve()
  #busy = false

  constructor(options: SaverOptions) {
    this.#options = options
  }

  /** Begins to save, unless there is no place, or the disk is still busy with the last one. */
  async begin({ step, snapshot, stopped = false }: Save): Promise<void> {
    if (!this.#options.checkpoints) return
    if (this.#busy) {
      this.#options.say?.(`no checkpoint at step ${step}: the one before is still being written`)
      return
    }
    const state = await snapshot()
    this.#busy = true
    this.#saving = this.#save({ step, state, stopped })
      .catch((error: unknown) => {
        this.#options.say?.(`no checkpoint at step ${step}, training goes on: ${reasonOf(error)}`)
      })
      .finally(() => {
        this.#busy = false
      })
  }

  /** Resolves once nothing is being written. */
  settled(): Promise<void> {
    return this.#saving
  }

  /**
   * Saves for good, if that step is not kept yet.
   * @throws DistributedError `IO`: whoever starts this again finds an older checkpoint
   */
  async finish({ step, snapshot, stopped = false }: Save): Promise<void> {
    await this.#saving
    if (!this.#options.checkpoints || this.keptAt === step) return
    const state = await snapshot()
    await this.#save({ step, state, stopped }).catch((cause: unknown) => {
      const message = `no last checkpoint at step ${step}: ${reasonOf(cause)}`
      throw new DistributedError('IO', message, { cause })
    })
  }

  async #save(checkpoint: Checkpoint): Promise<void> {
    const start = performance.now()
    const { step, state } = checkpoint
    await this.#options.checkpoints?.save(checkpoint)
    this.keptAt = step
    const checkpointMs = performance.now() - start
    this.#options.onEvent?.({ kind: 'checkpoint', step, bytes: state.length, checkpointMs })
  }
}
