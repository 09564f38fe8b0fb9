// One process of a training, told by its environment and a line of settings; it tells what happens as lines of JSON.
import { writeSync } from 'node:fs'
import { placeFromEnvironment } from '../../src/environment.ts'
import { exitCodeOf } from '../../src/errors.ts'
import { checkpointFolder } from '../../src/node/checkpointFolder.ts'
import { openGroup } from '../../src/node/group.ts'
import { trainDataParallel } from '../../src/trainDataParallel.ts'
import { meeting } from '../dataParallel/training.ts'
import { means, work } from './work.ts'

/** What a test asks of a process. */
export interface TrainerSettings {
  /** Of the test: found again in the list of processes. */
  readonly mark: string
  readonly silentMs: number
  /** Before each pass. */
  readonly pauseMs: number
  readonly folder?: string
  readonly bind?: string
  /** Is killed when all is done, but before it has said so to the others. */
  readonly diesAtEnd?: boolean
}

const settings = JSON.parse(process.argv[2] ?? '') as TrainerSettings
const { silentMs, pauseMs, folder, bind, diesAtEnd = false } = settings
const tell = (message: object) =>
  writeSync(1, `${JSON.stringify({ ...message, atMs: Date.now() })}\n`)
const say = (message: string) => tell({ kind: 'said', message })

const replica = means(() => new Promise((resolve) => setTimeout(resolve, pauseMs)))
const place = placeFromEnvironment(process.env)
const { layout } = replica
const group = await openGroup({
  ...{ place, layout, silentMs, say, lingerMs: 2000, meetTimeoutMs: 120_000 },
  ...(bind !== undefined && { bind }),
})
/** Tells when a generation ends, and why. */
const telling = meeting(group, (met) => {
  const { signal, generation } = met.collective
  signal.addEventListener('abort', () =>
    tell({ kind: 'over', generation, message: signal.reason.message }),
  )
  return met
})
try {
  const result = await trainDataParallel({
    ...{ ...work, group: telling, replica, say },
    ...(folder !== undefined && { checkpoints: checkpointFolder(folder, { say }) }),
    onEvent: (event) => tell({ ...event, ...(event.kind === 'step' && { hash: replica.hash() }) }),
  })
  tell({ ...result, kind: 'end', hash: replica.hash(), applied: replica.applied })
  if (diesAtEnd) process.kill(process.pid, 'SIGKILL')
  await group.leave()
} catch (error) {
  tell({ kind: 'error', message: (error as Error).message })
  await group.close()
  process.exitCode = exitCodeOf(error)
}
