import { ModelError } from '../errors.ts'
import type { TrainingState } from '../train/core.ts'
import type { FitOptions } from './fit.ts'

const refuse = (message: string) => new ModelError('BAD_ARGUMENT', `fit: ${message}`)

/** @throws ModelError `BAD_ARGUMENT` for counts that are none, before anything is started */
export function checkOptions(options: FitOptions): void {
  const { epochs, batch = 16, accumulate = 1, checkpointEvery = 100, loaders = 1 } = options
  const counts = { epochs, batch, accumulate, checkpointEvery, loaders }
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isInteger(value) || value < 1)
      throw refuse(`${name} ${value}: wanted a whole number above 0`)
  }
}

/** What is learned from, in numbers. */
export interface FitExamples {
  readonly labels: Uint32Array
  readonly validationLabels: Uint32Array
  /** Outputs of the network. */
  readonly outputs: number
}

/** @throws ModelError `BAD_ARGUMENT`, saying what to do, for examples that nothing can be learned from */
export function checkExamples(
  { classes, batch = 16, accumulate = 1 }: FitOptions,
  { labels, validationLabels, outputs }: FitExamples,
): void {
  if (classes.length !== outputs)
    throw refuse(`got ${classes.length} classes, the network has ${outputs} outputs`)
  const foreign = [...labels, ...validationLabels].find((label) => label >= outputs)
  if (foreign !== undefined) throw refuse(`label ${foreign}, but only ${outputs} classes`)
  const seen = new Set(labels)
  if (seen.size < 2) {
    const only = `${labels.length} examples, all of class ${classes[labels[0]]}`
    const got = labels.length === 0 ? 'no examples' : only
    throw refuse(`got ${got}; two classes are needed to learn a difference`)
  }
  const wanted = batch * accumulate
  if (labels.length < wanted) {
    const passes = accumulate === 1 ? '' : ` (${accumulate} passes of ${batch})`
    throw refuse(
      `${labels.length} examples do not fill one step of ${wanted}${passes}; choose a smaller batch, or give more examples`,
    )
  }
  if (validationLabels.length === 0) throw refuse('no validation examples')
}

/** Name of the first array with a NaN or an infinity in it. */
export function notFinite({ parameters, buffers, optimizer }: TrainingState): string | undefined {
  for (const arrays of [parameters, buffers, optimizer.slots])
    for (const [name, data] of arrays) if (!data.every(Number.isFinite)) return name
  return undefined
}
