// One process of a training, told by its environment and a line of settings; it tells its events as lines of JSON.
import { writeSync } from 'node:fs'
import { placeFromEnvironment } from '../../../src/environment.ts'
import { exitCodeOf } from '../../../src/errors.ts'
import { checkpointFolder } from '../../../src/node/checkpointFolder.ts'
import { openGroup } from '../../../src/node/group.ts'
import { trainDataParallel } from '../../../src/trainDataParallel.ts'
import { perceptron } from '../../dataParallel/perceptron.ts'
import { options } from '../../dataParallel/training.ts'

/** What a test asks of a process. */
export interface TrainerSettings {
  readonly folder?: string
  /** Before each pass. */
  readonly pauseMs?: number
  readonly failAtStep?: number
  readonly silentMs?: number
}

const tell = (message: object) => writeSync(1, `${JSON.stringify(message)}\n`)
const settings = JSON.parse(process.argv[2] ?? '{}') as TrainerSettings
const stopping = new AbortController()
process.once('SIGTERM', () => stopping.abort())

const replica = perceptron({
  beforePass: async () => {
    await new Promise((resolve) => setTimeout(resolve, settings.pauseMs ?? 0))
    if (replica.applied.length === settings.failAtStep) throw new Error('a picture is torn')
  },
})
const place = placeFromEnvironment(process.env)
const silentMs = settings.silentMs ?? 5000
const group = await openGroup({ place, layout: replica.layout, silentMs, lingerMs: 1000 })
try {
  const result = await trainDataParallel(
    options(group, replica, {
      signal: stopping.signal,
      checkpointEvery: 3,
      ...(settings.folder && { checkpoints: checkpointFolder(settings.folder) }),
      onEvent: (event) => tell(event),
    }),
  )
  tell({ kind: 'end', ...result, weights: [...replica.all()], applied: replica.applied })
  await group.leave()
} catch (error) {
  tell({ kind: 'error', message: (error as Error).message })
  await group.close()
  process.exitCode = exitCodeOf(error)
}
