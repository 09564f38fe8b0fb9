import type { Passes } from '../replica.ts'

/** Which of all passes. */
export interface PassPlace {
  /** Since the training began. */
  readonly step: number
  readonly pass: number
}

/** Loads the passes of one rank in their order, each while the one before is computed. */
export class PassLoader<Batch> {
  readonly #data: Passes<Batch>
  readonly #place: { readonly rank: number; readonly world: number; readonly steps: number }
  #ahead: { readonly at: PassPlace; readonly batch: Promise<Batch> } | undefined

  /** `steps` is how many the training has in all. */
  constructor(
    data: Passes<Batch>,
    place: { readonly rank: number; readonly world: number; readonly steps: number },
  ) {
    this.#data = data
    this.#place = place
  }

  /** The passes that are this rank's at each step. */
  get own(): readonly number[] {
    const { rank, world } = this.#place
    const count = Math.max(0, Math.ceil((this.#data.passes - rank) / world))
    return Array.from({ length: count }, (_, i) => rank + i * world)
  }

  /** One pass, and the next one sets out. */
  async take(at: PassPlace): Promise<Batch> {
    const ahead = this.#ahead
    this.#ahead = undefined
    const wanted = ahead?.at.step === at.step && ahead.at.pass === at.pass
    const batch = await (wanted ? ahead.batch : this.#load(at))
    const next = this.#next(at)
    if (next.step < this.#place.steps) {
      const coming = this.#load(next)
      // Told when its turn comes.
      coming.catch(() => undefined)
      this.#ahead = { at: next, batch: coming }
    }
    return batch
  }

  #next({ step, pass }: PassPlace): PassPlace {
    const { rank, world } = this.#place
    const next = pass + world
    return next < this.#data.passes ? { step, pass: next } : { step: step + 1, pass: rank }
  }

  async #load({ step, pass }: PassPlace): Promise<Batch> {
    const { stepsPerEpoch } = this.#data
    const epoch = Math.floor(step / stepsPerEpoch)
    return this.#data.load({ epoch, step: step % stepsPerEpoch, pass })
  }
}
