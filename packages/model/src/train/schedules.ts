import { ModelError } from '../errors.ts'

/** Learning rate at a step, counted from 0 over the whole training. Pure: any step may be asked at any time. */
export type Schedule = (step: number) => number

/** The same rate always. */
export function constant(rate: number): Schedule {
  return () => rate
}

/** Settings of `cosine`. */
export interface CosineOptions {
  /** Rate at step 0. */
  readonly peak: number
  /** Steps from the peak to the floor. */
  readonly steps: number
  /** Rate at the end, and ever after. Default 0, as in PyTorch. */
  readonly floor?: number
}

/**
 * Half a cosine wave from the peak down to the floor (Loshchilov & Hutter 2017, without restarts), as
 * `torch.optim.lr_scheduler.CosineAnnealingLR`; the floor is kept after the last step.
 */
export function cosine({ peak, steps, floor = 0 }: CosineOptions): Schedule {
  checkSteps('cosine', steps)
  return (step) => along(peak, floor, step / steps)
}

/** Settings of `oneCycle`; the defaults are PyTorch's. */
export interface OneCycleOptions {
  /** The highest rate. */
  readonly peak: number
  /** Steps of the whole cycle. */
  readonly steps: number
  /** Share of the steps that rise, 0 to 1. Default 0.3. */
  readonly rise?: number
  /** The first rate is the peak divided by this. Default 25. */
  readonly startDivisor?: number
  /** The last rate is the first divided by this. Default 1e4. */
  readonly endDivisor?: number
}

/**
 * Up to the peak and down to almost nothing, both along half a cosine wave (Smith & Topin 2018), as
 * `torch.optim.lr_scheduler.OneCycleLR`, which leaves the momentum alone here; the last rate is kept.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { peak, steps, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = options
  checkSteps('oneCycle', steps)
  const first = peak / startDivisor
  const last = first / endDivisor
  // PyTorch's phases: the top lies one step before the share says.
  const top = rise * steps - 1
  return (step) =>
    step <= top
      ? along(first, peak, top === 0 ? 1 : step / top)
      : along(peak, last, (step - top) / (steps - 1 - top))
}

/**
 * Rises in a straight line to the first rate of `schedule` for `steps` steps, then follows it from its own
 * step 0 (Goyal et al. 2017). The first step runs at 1 / (steps + 1) of that rate, never at zero.
 */
export function warmUp(steps: number, schedule: Schedule): Schedule {
  return (step) =>
    step < steps ? (schedule(0) * (step + 1)) / (steps + 1) : schedule(step - steps)
}

/** From one value to another along half a cosine wave; `share` runs from 0 to 1. */
function along(from: number, to: number, share: number): number {
  const within = share >= 1 ? 1 : Math.max(0, share)
  return to + ((from - to) * (1 + Math.cos(Math.PI * within))) / 2
}

function checkSteps(name: string, steps: number): void {
  if (!(steps > 0))
    throw new ModelError('BAD_ARGUMENT', `${name}: ${steps} steps, wanted 1 or more`)
}
