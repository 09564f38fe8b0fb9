import type { StepEvent } from '@nebulift/distributed'

// What the row `scaling` asks of its machines.

export interface Start {
  readonly rank: number
  readonly world: number
  readonly host: string
  readonly master: string
  readonly sizePx: number
  /** Pictures of one pass. */
  readonly batch: number
  readonly classes: number
  readonly bucketBytes: number
  /** Parts that gradients are handed out in. */
  readonly parts: number
}

export type Wire = 'float32' | 'bf16'

export type Order =
  | {
      readonly kind: 'train'
      /** All machines at once, but none talks to another. */
      readonly alone: boolean
      readonly wire: Wire
      readonly overlap: boolean
      /** Of each machine, in a step. */
      readonly passes: number
      readonly steps: number
    }
  | {
      readonly kind: 'sum'
      readonly wire: Wire
      readonly laps: number
      /** Whether a pass is computed meanwhile, of which nothing is sent. */
      readonly busy: boolean
    }
  | { readonly kind: 'parts' | 'forward'; readonly laps: number }

/** One step, and the processor time of this machine's process since the one before. */
export type TimedStep = StepEvent & { readonly cpuMs: number }

/** One sum of all gradients. */
export interface SumLap {
  readonly ms: number
  /** Without that of a pass meanwhile. */
  readonly cpuMs: number
  /** A barrier just before. */
  readonly barrierMs: number
  readonly sentBytes: number
}
