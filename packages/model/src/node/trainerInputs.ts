import { ModelError } from '../errors.ts'
import type { Network } from '../networks/network.ts'
import { sizeOf, type Tensor, tensor } from '../tensor.ts'
import type { Batch } from './trainer.ts'

/** Examples of a step as a graph takes them, and how many they are. */
export function trainingFeeds(
  network: Network,
  { inputs, target }: Batch,
): { readonly batch: number; readonly all: Map<string, Tensor> } {
  const { classes } = network
  const batch = target.length / classes
  if (!Number.isInteger(batch) || batch < 1) {
    const wanted = `wanted a multiple of ${classes} classes above 0`
    throw new ModelError('BAD_ARGUMENT', `target: got ${target.length} numbers, ${wanted}`)
  }
  const all = feedsOf(network, inputs, batch)
  all.set('target', tensor(target, [batch, classes]))
  return { batch, all }
}

/** How many examples inputs are of. */
export function batchOf(network: Network, inputs: Batch['inputs']): number {
  const [[name, shape]] = Object.entries(network.inputs)
  return (inputs[name]?.length ?? 0) / sizeOf(shape)
}

/** @throws ModelError `BAD_ARGUMENT` for an input of another length than the batch wants */
export function feedsOf(
  network: Network,
  inputs: Batch['inputs'],
  batch: number,
): Map<string, Tensor> {
  return new Map(
    Object.entries(network.inputs).map(([name, shape]) => {
      const data = inputs[name]
      const wanted = batch * sizeOf(shape)
      if (!data || data.length !== wanted || !Number.isInteger(batch) || batch < 1) {
        const got = data ? `${data.length} numbers` : 'nothing'
        throw new ModelError(
          'BAD_ARGUMENT',
          `input ${name}: got ${got}, wanted ${wanted} for a batch of ${batch}`,
        )
      }
      return [name, tensor(data, [batch, ...shape])]
    }),
  )
}
