import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./process.ts', import.meta.url))

/** What a process says. */
export interface Said {
  readonly event: string
  readonly pid: number
  readonly [key: string]: unknown
}

/** A process of a group. */
export class Process {
  readonly child: ChildProcess
  readonly said: Said[] = []
  readonly ended: Promise<number | string | null>
  #read = 0
  #news = Promise.withResolvers<void>()

  constructor(env: Readonly<Record<string, string>>) {
    const { PATH = '' } = process.env
    this.child = spawn(process.execPath, ['--conditions=@nebulift/source', script], {
      env: { PATH, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.said.push(JSON.parse(line))
      this.#wake()
    })
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#wake()
      return code ?? signal
    })
  }

  get pid(): number {
    return this.child.pid!
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** The next thing of this kind that it says; what it said before that is passed over. */
  async next(event: string): Promise<Said> {
    for (;;) {
      while (this.#read < this.said.length) {
        const said = this.said[this.#read++]!
        if (said.event === event) return said
      }
      if (this.isOver) throw new Error(`ended before ${event}: ${JSON.stringify(this.said)}`)
      await this.#news.promise
    }
  }

  leave(): void {
    this.child.stdin!.write('leave\n')
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  #wake(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }
}

/** A folder for the time of a test. */
export async function temporaryFolder(
  onFinished: (clean: () => Promise<void>) => void,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nebulift-group-'))
  onFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Processes of one training on this machine. */
export class Processes {
  readonly all: Process[] = []
  readonly port: number
  readonly #env: Readonly<Record<string, string>>

  constructor(port: number, env: Readonly<Record<string, string>>) {
    this.port = port
    this.#env = env
  }

  readonly start = (index: number, env: Readonly<Record<string, string>> = {}): Process => {
    const started = new Process({
      ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(this.port), RANK: String(index) },
      ...{ NEBULIFT_TOKEN: 'a token of the tests', NEBULIFT_RING_PORT: '0' },
      ...this.#env,
      ...env,
    })
    this.all.push(started)
    return started
  }

  /** Ends all, as if this machine were switched off. */
  async end(): Promise<void> {
    for (const each of this.all) {
      each.child.kill('SIGKILL')
      await each.ended
    }
  }
}
