import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { TrainerSettings } from './trainer.ts'

/** A line that a process has told. */
export interface Line {
  readonly kind: string
  readonly [name: string]: unknown
}

/** A process that trains. */
export interface Trainer {
  readonly child: ChildProcess
  readonly lines: readonly Line[]
  /** Resolves with the first line that fits, also of the past; rejects where the process ends before. */
  told(fits: (line: Line) => boolean): Promise<Line>
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** Starts processes of one training, and ends those that are left. */
export async function trainers(world: number) {
  const port = await freePort()
  const all: Trainer[] = []
  return {
    start: (index: number, settings: TrainerSettings = {}): Trainer => {
      const trainer = startTrainer({ index, world, port }, settings)
      all.push(trainer)
      return trainer
    },
    close: async () => {
      for (const { child } of all) child.kill('SIGKILL')
      await Promise.all(all.map(({ ended }) => ended))
    },
  }
}

function startTrainer(
  place: { index: number; world: number; port: number },
  settings: TrainerSettings,
): Trainer {
  const script = new URL('trainer.ts', import.meta.url).pathname
  const args = ['--conditions=@nebulift/source', script, JSON.stringify(settings)]
  const env = {
    ...process.env,
    ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(place.port), NEBULIFT_RING_PORT: '0' },
    ...{ RANK: String(place.index), WORLD_SIZE: String(place.world), NEBULIFT_TOKEN: 'secret' },
  }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line)
    for (const look of waiting) look()
  })
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'lost'))
  })
  const told = (fits: (line: Line) => boolean) => {
    const { promise, resolve, reject } = Promise.withResolvers<Line>()
    const look = () => {
      const line = lines.find(fits)
      if (line) resolve(line)
    }
    waiting.add(look)
    look()
    const nothing = () => reject(new Error(`the process ended: ${JSON.stringify(lines.at(-1))}`))
    void ended.then(nothing)
    return promise.finally(() => waiting.delete(look))
  }
  return { child, lines, told, ended }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
