import { ModelError } from '../errors.ts'
import type { Arrays } from './arrays.ts'

/** What an optimiser remembers between steps; plain data, so that a checkpoint can hold it. */
export interface OptimizerState {
  /** Steps begun so far. */
  step: number
  /** Memory by slot and parameter, such as `momentum/conv1.weight`; each as long as its parameter. */
  readonly slots: Map<string, Float32Array>
}

/** One update, of all parameters or of those whose gradients are there already. */
export interface OptimizerStep {
  /** Altered in place. */
  readonly parameters: Arrays
  /** Of any subset of the parameters; the others stay as they are. Not altered. */
  readonly gradients: Arrays
  /** Altered in place. */
  readonly state: OptimizerState
  /** Learning rate. */
  readonly rate: number
}

/**
 * Moves parameters against their gradients. A step is one `begin` and then one `update` with all gradients,
 * or several with some each as they arrive; the result is the same to the bit.
 */
export interface Optimizer {
  readonly name: string
  /** Memory for these parameters, before the first step. */
  init(parameters: Arrays): OptimizerState
  /** Opens the next step: counts it in the state. */
  begin(state: OptimizerState): void
  /**
   * Updates every parameter that has a gradient. Within a step each parameter may be updated once.
   * @throws ModelError `BAD_ARGUMENT` before `begin`, or where names or lengths do not fit
   */
  update(step: OptimizerStep): void
}

/** Which parameters weight decay acts on, by name. */
export type DecayRule = (name: string) => boolean

/** What a kernel needs to update one parameter; scalars are the same for a whole step. */
export interface KernelArguments {
  readonly parameter: Float32Array
  readonly gradient: Float32Array
  /** One array for each slot of the optimiser, in its order. */
  readonly memory: readonly Float32Array[]
  /** 1 at the first step. */
  readonly step: number
  readonly rate: number
  /** Zero where the decay rule spares the parameter. */
  readonly weightDecay: number
}

/** An optimiser's own part: the names of its slots and one fused loop over a parameter. */
export interface OptimizerParts {
  readonly name: string
  readonly slots: readonly string[]
  readonly weightDecay: number
  readonly decay: DecayRule
  readonly kernel: (call: KernelArguments) => void
}

/** Builds an optimiser around a kernel: names, lengths and the step counter are looked after here. */
export function optimizerOf(parts: OptimizerParts): Optimizer {
  const { name, slots, weightDecay, decay, kernel } = parts
  return {
    name,
    init: (parameters) => ({
      step: 0,
      slots: new Map(
        slots.flatMap((slot) =>
          [...parameters].map(([key, { length }]) => [`${slot}/${key}`, new Float32Array(length)]),
        ),
      ),
    }),
    begin: (state) => {
      state.step++
    },
    update: ({ parameters, gradients, state, rate }) => {
      if (state.step < 1) {
        throw new ModelError('BAD_ARGUMENT', `${name}: update() came before begin()`)
      }
      for (const [key, gradient] of gradients) {
        const find = (from: Arrays, what: string) => arrayFor(from.get(what), what, gradient.length)
        kernel({
          parameter: find(parameters, key),
          gradient,
          memory: slots.map((slot) => find(state.slots, `${slot}/${key}`)),
          step: state.step,
          rate,
          weightDecay: decay(key) ? weightDecay : 0,
        })
      }
    },
  }
}

function arrayFor(found: Float32Array | undefined, name: string, length: number): Float32Array {
  if (found?.length === length) return found
  const got = found ? `${found.length} numbers` : 'nothing'
  throw new ModelError('BAD_ARGUMENT', `optimizer: ${name} has ${got}, its gradient ${length}`)
}

/** Refuses a setting outside its range. */
export function checkSetting(name: string, value: number, isRight: boolean): void {
  if (!isRight) throw new ModelError('BAD_ARGUMENT', `${name} cannot be ${value}`)
}
