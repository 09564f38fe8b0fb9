import { appendFileSync, statSync, truncateSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseTrainingLog, type TrainingEvent } from '../train/events.ts'
import { fail, writeWhole } from './checkpoints.ts'

/** Inside a training's folder. */
const logName = 'log.jsonl'

/** Lines of steps that wait for each other before they are written. */
const MOST_WAITING = 50

/** The log of a training: events as JSON lines. */
export interface TrainingLog {
  /** @throws ModelError `IO`, naming the file, which ends as it did before then */
  append(event: TrainingEvent): void
  /** Leaves out what was told of steps from this one on: they will be made again. */
  cut(steps: number): Promise<void>
  /** Writes what still waits. */
  flush(): void
}

/** The log in a folder, which must exist. */
export function trainingLog(folder: string): TrainingLog {
  const path = join(folder, logName)
  const lines: string[] = []
  const flush = () => {
    if (lines.length > 0) append(path, lines.splice(0).join(''))
  }
  return {
    append: (event) => {
      lines.push(`${JSON.stringify(event)}\n`)
      if (event.kind !== 'step' || lines.length > MOST_WAITING) flush()
    },
    cut: async (steps) => {
      flush()
      await cutLog(path, steps)
    },
    flush,
  }
}

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

function append(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false })?.size
  try {
    appendFileSync(path, text)
  } catch (cause) {
    if (before !== undefined) truncateSync(path, before)
    fail(path, cause)
  }
}
