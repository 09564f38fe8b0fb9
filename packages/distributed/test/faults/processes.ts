import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { exitCodes } from '../../src/errors.ts'
import type { TrainerSettings } from './trainer.ts'

/** What a process has told, and which. */
export interface Line {
  readonly kind: string
  readonly index: number
  readonly pid: number
  readonly atMs: number
  readonly step?: number
  readonly generation?: number
  readonly hash?: number
  readonly message?: string
  readonly [name: string]: unknown
}

export interface Exit {
  readonly index: number
  readonly pid: number
  /** Its exit code, or the signal that ended it. */
  readonly how: number | string
}

/** Where and how the process with an index runs. */
export interface Berth {
  /** What goes before its command. */
  readonly before?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly settings?: Partial<TrainerSettings>
}

export interface TrainingOptions {
  readonly silentMs?: number
  /** Default 127.0.0.1. */
  readonly master?: string
  berth?(index: number): Berth
  /** How long until the next process takes the place of one that has gone, in ms. Default 0. */
  restartMs?(exit: Exit): number
}

/** A training of three processes, started again as Kubernetes would: unless they say that it is of no use. */
export interface Training {
  readonly port: number
  readonly mark: string
  readonly lines: readonly Line[]
  readonly exits: readonly Exit[]
  /** Resolves with the first line that fits, also of the past. Rejects where none comes within two minutes. */
  told(fits: (line: Line) => boolean): Promise<Line>
  signal(index: number, signal: NodeJS.Signals): void
  /** Leaves a process to itself, as where a machine is lost, and starts another in its place. */
  abandon(index: number): void
  /** Starts one more process with an index that is taken; it is not started again. */
  another(index: number, berth: Berth): void
  /** Resolves when all three are done; rejects where one ends for good with a mistake. */
  readonly finished: Promise<void>
  close(): Promise<void>
}

export const world = 3
const waitMs = Number(process.env.NEBULIFT_FAULT_WAIT_MS ?? 120_000)
const script = new URL('trainer.ts', import.meta.url).pathname

export async function startTraining(options: TrainingOptions = {}): Promise<Training> {
  const { silentMs = 3000, master = '127.0.0.1', berth = () => ({}), restartMs = () => 0 } = options
  const port = await freePort()
  const mark = randomUUID()
  const lines: Line[] = []
  const exits: Exit[] = []
  const current = new Map<number, ChildProcess>()
  const all = new Map<ChildProcess, Promise<void>>()
  const watching = new Set<() => void>()
  const done = new Set<number>()
  const finished = Promise.withResolvers<void>()
  finished.promise.catch(() => undefined)
  let isClosed = false

  const launch = (index: number, { before = [], env = {}, settings = {} }: Berth) => {
    const told: TrainerSettings = { mark, silentMs, pauseMs: 8, ...settings }
    const node = [process.execPath, '--conditions=@nebulift/source', script, JSON.stringify(told)]
    const [program = '', ...args] = [...before, ...node]
    const child = spawn(program, args, {
      env: {
        ...process.env,
        ...{ MASTER_ADDR: master, MASTER_PORT: String(port), NEBULIFT_RING_PORT: '0' },
        ...{ RANK: String(index), WORLD_SIZE: String(world), NEBULIFT_TOKEN: 'of the faults' },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = child.pid ?? 0
    createInterface({ input: child.stdout }).on('line', (text) => {
      lines.push({ ...JSON.parse(text), index, pid })
      for (const look of watching) look()
    })
    const ended = new Promise<Exit>((resolve) =>
      child.once('close', (code, signal) => resolve({ index, pid, how: code ?? signal ?? 'lost' })),
    )
    all.set(
      child,
      ended.then((exit) => void exits.push(exit)),
    )
    return { child, ended }
  }
  const start = async (index: number): Promise<void> => {
    const { child, ended } = launch(index, berth(index))
    current.set(index, child)
    const exit = await ended
    if (current.get(index) !== child) return
    if (exit.how === exitCodes.done) done.add(index)
    if (done.size === world) finished.resolve()
    if (exit.how === exitCodes.never) finished.reject(new Error(`index ${index} ended with 42`))
    if (exit.how === exitCodes.done || exit.how === exitCodes.never) return
    await new Promise((resolve) => setTimeout(resolve, restartMs(exit)))
    if (!isClosed) return start(index)
  }
  for (let index = 0; index < world; index++) void start(index)
  return {
    ...{ port, mark, lines, exits, finished: finished.promise },
    told: (fits) =>
      within(waitMs, (resolve) => watch({ lines, watching, fits, resolve })).catch((cause) => {
        const said = lines.filter(({ kind }) => kind === 'said').slice(-12)
        const state = JSON.stringify({ exits: exits.slice(-8), said }, undefined, 1)
        throw new Error(`${cause.message}; ${state}`, { cause })
      }),
    signal: (index, signal) => void current.get(index)?.kill(signal),
    abandon: (index) => void start(index),
    another: (index, more) => void launch(index, more),
    close: async () => {
      isClosed = true
      for (const child of all.keys()) child.kill('SIGKILL')
      await Promise.all(all.values())
    },
  }
}

interface Watch {
  readonly lines: readonly Line[]
  readonly watching: Set<() => void>
  fits(line: Line): boolean
  resolve(line: Line): void
}

function watch({ lines, watching, fits, resolve }: Watch): () => void {
  let seen = 0
  const look = () => {
    for (; seen < lines.length; seen++) {
      if (!fits(lines[seen])) continue
      resolve(lines[seen])
      return
    }
  }
  watching.add(look)
  look()
  return () => watching.delete(look)
}

async function within(
  ms: number,
  begin: (resolve: (line: Line) => void) => () => void,
): Promise<Line> {
  const { promise, resolve, reject } = Promise.withResolvers<Line>()
  const end = begin(resolve)
  const timer = setTimeout(() => reject(new Error(`no such line within ${ms} ms`)), ms)
  return promise.finally(() => {
    clearTimeout(timer)
    end()
  })
}

/** Processes of a test that are still there, by the list of the system. */
export function pidsOf(mark: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(mark) ? [Number(name)] : []
    } catch {
      // Ended meanwhile.
      return []
    }
  })
}

/**
 * One that is free for the moment, and below those that systems give to whoever connects: it stays free while a
 * process that listens there is started anew.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, () => resolve(true))
    })
    await new Promise((resolve) => server.close(resolve))
    if (isFree) return port
  }
}
