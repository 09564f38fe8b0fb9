import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../train/checkpoint.ts'
import type { TrainingState } from '../train/core.ts'
import type { TrainingEvent } from '../train/events.ts'
import { openCheckpoints, writeWhole } from './checkpoints.ts'
import { trainingLog } from './trainingLog.ts'

/** The folder of a training: checkpoints, the best weights, and the log as JSON lines. */
export interface FitStore {
  save(step: number, checkpoint: Checkpoint): Promise<void>
  saveBest(checkpoint: Checkpoint): Promise<void>
  /**
   * Where the training was left. Nothing where no checkpoint is sound: then training starts anew, and `onProblem`
   * is told of each that was damaged.
   */
  resume(onProblem: (message: string) => void): Promise<Resumed | undefined>
  log(event: TrainingEvent): void
  /** Leaves out of the log what was told of steps from this one on. */
  cutLog(steps: number): Promise<void>
  close(): Promise<void>
}

/** A training to go on with. */
export interface Resumed {
  readonly latest: Checkpoint
  readonly best: TrainingState | undefined
}

/** Opens the folder of a training, which is made where it is absent. */
export async function openFitStore(folder: string): Promise<FitStore> {
  const checkpoints = await openCheckpoints(folder)
  const bestPath = join(folder, 'best.checkpoint')
  const log = trainingLog(folder)
  return {
    save: async (step, checkpoint) => {
      log.flush()
      await checkpoints.save(step, checkpoint)
    },
    saveBest: (checkpoint) => writeWhole(bestPath, encodeCheckpoint(checkpoint)),
    resume: async (onProblem) => {
      let damaged = 0
      const latest = await checkpoints.latest((message) => {
        damaged++
        onProblem(message)
      })
      if (!latest) {
        if (damaged > 0) onProblem(`${folder}: no sound checkpoint is left; training starts anew`)
        return undefined
      }
      return { latest, best: await readBest(bestPath, onProblem) }
    },
    log: log.append,
    cutLog: log.cut,
    close: async () => log.flush(),
  }
}

async function readBest(
  path: string,
  onProblem: (message: string) => void,
): Promise<TrainingState | undefined> {
  try {
    return decodeCheckpoint(await readFile(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    onProblem(`${path}: ${(error as Error).message}`)
    return undefined
  }
}
