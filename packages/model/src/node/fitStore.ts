import { appendFileSync, statSync, truncateSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../errors.ts'
import type { Json } from '../json.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../train/checkpoint.ts'
import type { TrainingState } from '../train/core.ts'
import { parseTrainingLog, type TrainingEvent } from '../train/events.ts'
import { fail, openCheckpoints, writeWhole } from './checkpoints.ts'

/** The folder of a training: checkpoints, the best weights, and the log as JSON lines. */
export interface FitStore {
  save(step: number, checkpoint: Checkpoint): Promise<void>
  saveBest(checkpoint: Checkpoint): Promise<void>
  /**
   * Where the training was left; the log is cut back to there. Nothing where no checkpoint is sound:
   * then training starts anew, and `onProblem` is told of each that was damaged.
   */
  resume(onProblem: (message: string) => void): Promise<Resumed | undefined>
  log(event: TrainingEvent): void
  close(): Promise<void>
}

/** A training to go on with. */
export interface Resumed {
  readonly latest: Checkpoint
  readonly best: TrainingState | undefined
}

/** Name of the log inside the folder. */
export const logName = 'log.jsonl'

/** @throws ModelError `BAD_ARGUMENT` where the folder holds a training with other settings */
export async function openFitStore(folder: string, settings: Json): Promise<FitStore> {
  const checkpoints = await openCheckpoints(folder)
  const bestPath = join(folder, 'best.checkpoint')
  const logPath = join(folder, logName)
  const lines: string[] = []
  const flush = () => {
    if (lines.length > 0) append(logPath, lines.splice(0).join(''))
  }
  return {
    save: async (step, checkpoint) => {
      flush()
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
        await cutLog(logPath, 0)
        return undefined
      }
      if (JSON.stringify(latest.settings) !== JSON.stringify(settings)) {
        const message = `${folder}: holds a training with other settings; choose another folder, or remove it`
        throw new ModelError('BAD_ARGUMENT', message)
      }
      await cutLog(logPath, latest.optimizer.step)
      return { latest, best: await readBest(bestPath, onProblem) }
    },
    log: (event) => {
      lines.push(`${JSON.stringify(event)}\n`)
      if (event.kind !== 'step' || lines.length > 50) flush()
    },
    close: async () => flush(),
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

/** Steps that were made after the checkpoint will be made again. */
async function cutLog(path: string, steps: number): Promise<void> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) =>
    cause.code === 'ENOENT' ? undefined : fail(path, cause),
  )
  if (text === undefined) return
  const kept = parseTrainingLog(text).filter(
    (event) =>
      event.kind === 'problem' ||
      (event.kind === 'start' && (event.resumedAt ?? 0) < steps) ||
      (event.kind === 'step' && event.step < steps) ||
      (event.kind === 'epoch' && event.steps <= steps),
  )
  await writeWhole(path, kept.map((event) => `${JSON.stringify(event)}\n`).join(''))
}

/** @throws ModelError `IO`, naming the file; it ends as it did before then */
function append(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false })?.size
  try {
    appendFileSync(path, text)
  } catch (cause) {
    if (before !== undefined) truncateSync(path, before)
    fail(path, cause)
  }
}
