import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { Prepared } from './environment.ts'

// Real processes in the place of containers. Each leads a group of its own, so that what it starts ends with it.

export interface Exit {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
  readonly signal?: number
}

export interface ContainerProcess {
  readonly pid: number | undefined
  readonly log: Log
  readonly exit: Promise<Exit>
  /** SIGTERM, and SIGKILL once the grace is over. */
  stop(graceMs: number): void
  kill(signal?: NodeJS.Signals): void
}

const running = new Set<ChildProcess>()
// Where this process ends without closing anything, no child outlives it.
process.once('exit', () => {
  for (const child of running) killGroup(child, 'SIGKILL')
})

// And where it is killed, the kernel ends them.
const withParent = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : []

export function startProcess({ argv, env }: Prepared): ContainerProcess {
  const [command, ...args] = [...withParent, ...argv] as [string, ...string[]]
  const { PATH, HOME, TMPDIR } = process.env
  const child = spawn(command, args, {
    env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const log = new Log()
  child.stdout.on('data', (bytes: Buffer) => log.write('out', bytes))
  child.stderr.on('data', (bytes: Buffer) => log.write('err', bytes))
  let timer: NodeJS.Timeout | undefined
  const exit = new Promise<Exit>((resolve) => {
    const done = (result: Exit) => {
      clearTimeout(timer)
      killGroup(child, 'SIGKILL')
      running.delete(child)
      log.end()
      resolve(result)
    }
    child.once('error', (error) =>
      done({ exitCode: 128, reason: 'StartError', message: error.message }),
    )
    child.once('exit', () => killGroup(child, 'SIGKILL'))
    child.once('close', (code, signal) => done(exitOf(code, signal)))
  })
  return {
    pid: child.pid,
    log,
    exit,
    stop: (graceMs) => {
      killGroup(child, 'SIGTERM')
      timer ??= setTimeout(() => killGroup(child, 'SIGKILL'), graceMs)
    },
    kill: (signal = 'SIGKILL') => killGroup(child, signal),
  }
}

const signals: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
}

/** As a container runtime tells it: 128 and the number of the signal. */
function exitOf(code: number | null, name: NodeJS.Signals | null): Exit {
  if (name === null) return { exitCode: code ?? 1, reason: code === 0 ? 'Completed' : 'Error' }
  const signal = signals[name] ?? 1
  return { exitCode: 128 + signal, reason: 'Error', signal }
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The whole group is gone.
  }
}

interface LogEntry {
  readonly time: string
  readonly text: string
}

const maxLogLines = 100_000

/** Lines with the time they came, nanoseconds wide as a kubelet writes it. */
export class Log {
  readonly entries: LogEntry[] = []
  readonly #rest = { out: '', err: '' }
  readonly #decoders = { out: new StringDecoder(), err: new StringDecoder() }
  readonly #listeners = new Set<() => void>()
  ended = false
  #nanos = 0

  write(stream: 'out' | 'err', bytes: Buffer): void {
    const lines = (this.#rest[stream] + this.#decoders[stream].write(bytes)).split('\n')
    this.#rest[stream] = lines.pop() as string
    this.#add(lines)
  }

  end(): void {
    this.#add([this.#rest.out, this.#rest.err].filter((text) => text !== ''))
    this.ended = true
    this.#tell()
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #add(lines: readonly string[]): void {
    for (const text of lines) {
      const nanos = String(this.#nanos++ % 1_000_000).padStart(6, '0')
      this.entries.push({ time: new Date().toISOString().replace('Z', `${nanos}Z`), text })
    }
    if (this.entries.length > maxLogLines) this.entries.splice(0, this.entries.length - maxLogLines)
    if (lines.length > 0) this.#tell()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
