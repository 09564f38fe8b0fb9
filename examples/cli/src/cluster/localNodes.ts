import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { exitCodes } from '@nebulift/distributed'

/** Processes of this machine that work together. */
export interface LocalNodesOptions {
  readonly nodes: number
  /** The command line of each, without `nebulift`. */
  readonly argv: readonly string[]
  readonly signal?: AbortSignal | undefined
  /** What a process sends by `process.send`. */
  readonly onMessage?: (message: unknown, node: number) => void
  /** Told of processes that were lost, and of what they say on stderr. */
  readonly say?: (message: string) => void
}

/** Wrong usage, and mistakes: what is started again fails again. */
const lasting: readonly number[] = [2, exitCodes.never]
/** Processes that may be lost before all are given up. */
const MOST_RESTARTS = 20
/** So long do processes have to end by themselves. */
const GRACE_MS = 60_000

/**
 * Starts processes that find one another over loopback, replaces those that are lost, and waits until all have ended.
 * Returns 0, or the code of the first that failed for good.
 */
export async function runLocalNodes(options: LocalNodesOptions): Promise<number> {
  const { nodes, signal } = options
  const env = {
    ...withoutPlace(process.env),
    MASTER_ADDR: '127.0.0.1',
    MASTER_PORT: String(await freePort()),
    WORLD_SIZE: String(nodes),
    NEBULIFT_RING_PORT: '0',
    NEBULIFT_TOKEN: randomBytes(32).toString('hex'),
  }
  const team = new Team(options, env)
  const stop = () => team.stop()
  signal?.addEventListener('abort', stop)
  try {
    return await team.run()
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** An environment that says nothing of where a process stands: these stand on this machine, wherever the user's do. */
function withoutPlace(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const place =
    /^(PET_.*|POD_IP|JOB_COMPLETION_INDEX|(MIN|MAX)_NODES|NEBULIFT_(TOKEN|TOKEN_FILE|RING_PORT))$/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !place.test(name)))
}

/** Threads of each of some processes that share this machine. */
export const threadsOfEach = (nodes: number): number =>
  Math.max(1, Math.floor(availableParallelism() / nodes))

class Team {
  readonly #options: LocalNodesOptions
  readonly #env: NodeJS.ProcessEnv
  readonly #children = new Map<number, ChildProcess>()
  #restarts = 0
  #stopping = false
  #failure = 0

  constructor(options: LocalNodesOptions, env: NodeJS.ProcessEnv) {
    this.#options = options
    this.#env = env
  }

  async run(): Promise<number> {
    const { nodes } = this.#options
    await Promise.all(Array.from({ length: nodes }, (_, node) => this.#keep(node)))
    return this.#failure
  }

  stop(): void {
    if (this.#stopping) return
    this.#stopping = true
    for (const child of this.#children.values()) child.kill('SIGTERM')
    const late = setTimeout(() => {
      for (const child of this.#children.values()) child.kill('SIGKILL')
    }, GRACE_MS)
    late.unref()
  }

  /** One process and those that replace it. */
  async #keep(node: number): Promise<void> {
    while (!this.#stopping) {
      const { code, how } = await this.#once(node)
      if (code === exitCodes.done || this.#stopping) return
      const last = lasting.includes(code ?? -1) || this.#restarts >= MOST_RESTARTS
      if (last) {
        this.#failure ||= code ?? exitCodes.retry
        this.stop()
        return
      }
      this.#restarts++
      this.#options.say?.(`process ${node} ${how}; another takes its place`)
    }
  }

  #once(node: number): Promise<{ code: number | null; how: string }> {
    const { argv, onMessage, say } = this.#options
    const { script, flags } = commandScript()
    const child = spawn(process.execPath, [...flags, script, ...argv], {
      env: { ...this.#env, RANK: String(node) },
      // The channel tells it when this process is gone: then it ends too.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#children.set(node, child)
    child.on('message', (message) => onMessage?.(message, node))
    const told = lines((line) => say?.(`process ${node}: ${line}`))
    child.stderr?.setEncoding('utf8').on('data', told)
    return new Promise((resolve) => {
      const end = (code: number | null, how: string) => {
        this.#children.delete(node)
        resolve({ code, how })
      }
      child.on('error', (error) => end(exitCodes.never, `could not be started: ${error.message}`))
      child.on('close', (code, signal) =>
        end(code, signal ? `was ended by ${signal}` : `ended with code ${code}`),
      )
    })
  }
}

/** The command as it is running: from sources, or built. */
function commandScript(): { script: string; flags: readonly string[] } {
  const fromSource = import.meta.url.endsWith('.ts')
  const script = fileURLToPath(new URL(`../main.${fromSource ? 'ts' : 'js'}`, import.meta.url))
  return { script, flags: fromSource ? ['--conditions=@nebulift/source'] : [] }
}

/** Calls back with every whole line. */
function lines(tell: (line: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const whole = (rest + text).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) if (line.trim() !== '') tell(line)
  }
}

/** A port of loopback that nobody listens on just now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
