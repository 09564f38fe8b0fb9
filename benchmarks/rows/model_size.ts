import { join } from 'node:path'
import { installedTorch } from '../environment.ts'
import { classifierFiles, type TrainingOptions, workload } from '../models.ts'
import { runNode } from '../nebulift.ts'
import { openTorch, type Workload } from '../rivals/torch.ts'
import type { Row } from './row.ts'

const child = join(import.meta.dirname, 'training_child.ts')
/** Memory grows in the first steps only. */
const steps = 6
const limitBytes = 1.2e9
const limitShare = 0.26

export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

/** The largest resident size of a process that trains and does nothing else. */
export async function trainingPeakBytes(options: TrainingOptions): Promise<number> {
  return Number(await runNode([child, JSON.stringify({ ...options, steps })]))
}

/** The same of PyTorch's process. */
async function torchPeakBytes(work: Workload): Promise<number> {
  const torch = await openTorch(work, 'default')
  try {
    for (let step = 0; step < steps; step++) await torch.lap('train')
    return (await torch.lap('peak')).result
  } finally {
    await torch.close()
  }
}

/** Processes of their own that train ResNet18 with batches of 16. */
export const trainingMemory: Row = {
  name: 'model: peak memory of training',
  async run() {
    const work = workload({ batch: 16 })
    const fast = await trainingPeakBytes({ work, graph: 'fast' })
    const portable = await trainingPeakBytes({ work, graph: 'portable' })
    const torch = installedTorch() === undefined ? undefined : await torchPeakBytes(work)
    const peak = `peak of a process that trains ResNet18 with batches of ${work.batch}`
    return {
      timings: [],
      notes: [
        `${peak}: ${megabytes(fast)} (fast), ${megabytes(portable)} (portable)`,
        ...(torch === undefined ? [] : [`${peak}, torch: ${megabytes(torch)}`]),
      ],
      bars: [
        {
          name: 'peak memory of training with batches of 16',
          wanted: `< ${(limitBytes / 1e9).toFixed(1)} GB`,
          got: `${(fast / 1e9).toFixed(2)} GB (portable ${(portable / 1e9).toFixed(2)} GB)`,
          met: Math.max(fast, portable) < limitBytes,
        },
      ],
    }
  },
}

/** A float classifier's file and the int8 one made of it. */
export const fileSize: Row = {
  name: 'model: file size',
  async run() {
    const { float, int8 } = await classifierFiles(workload({}))
    const share = int8.length / float.length
    return {
      timings: [],
      notes: [
        `files of ResNet18: float ${megabytes(float.length)}, int8 ${megabytes(int8.length)}`,
      ],
      bars: [
        {
          name: 'size of an int8 file',
          wanted: `<= ${100 * limitShare} % of the float one`,
          got: `${(100 * share).toFixed(1)} %`,
          met: share <= limitShare,
        },
      ],
    }
  },
}
