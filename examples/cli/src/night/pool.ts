import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { LEAVE } from './workerAnswer.ts'

/** How long an idle worker may take to leave before it is ended. */
const GRACE_MS = 2000

/** A task failed in its worker, or took its worker down. */
export interface TaskFailure {
  readonly message: string
  readonly code?: string
}

export interface PoolOptions<Task, Result> {
  /** The worker's module; it answers `{ index, task }` with `{ index, result }` or `{ index, failure }`, and leaves when told to `LEAVE`. */
  readonly script: URL
  /** Workers at once. */
  readonly jobs: number
  /** Plain data, sent to the workers one at a time. */
  readonly tasks: readonly Task[]
  /** Results come in the order in which they are finished; an error thrown here stops the pool. */
  readonly onResult: (index: number, result: Result) => void | Promise<void>
  readonly onFailure: (index: number, failure: TaskFailure) => void | Promise<void>
  /** Stops the workers at once; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

interface Answer<Result> {
  readonly index: number
  readonly result?: Result
  readonly failure?: TaskFailure
}

/** The sibling of this module's kind: sources run as sources, built code as built code. */
export function siblingScript(name: string, from: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
}

/** Runs every task, `jobs` at a time. A worker that dies costs its own task; another takes its place. */
export async function runPool<Task, Result>(options: PoolOptions<Task, Result>): Promise<void> {
  const { tasks, signal } = options
  signal?.throwIfAborted()
  if (tasks.length === 0) return
  const pool = new Pool(options)
  const abort = () => pool.fail(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await pool.run()
    await pool.dismiss()
  } finally {
    signal?.removeEventListener('abort', abort)
    await pool.stop()
  }
}

class Pool<Task, Result> {
  readonly #options: PoolOptions<Task, Result>
  readonly #workers = new Set<Worker>()
  readonly #finished = Promise.withResolvers<void>()
  #next = 0
  #open: number
  #stopped = false

  constructor(options: PoolOptions<Task, Result>) {
    this.#options = options
    this.#open = options.tasks.length
  }

  run(): Promise<void> {
    const { jobs, tasks } = this.#options
    for (let i = 0; i < Math.min(jobs, tasks.length); i++) this.#start()
    return this.#finished.promise
  }

  fail(reason: unknown): void {
    this.#finished.reject(reason)
  }

  /** Lets the idle workers end by themselves: killing a thread in the middle of its own ending is not safe. */
  async dismiss(): Promise<void> {
    const leaving = [...this.#workers].map((worker) => once(worker, 'exit'))
    for (const worker of this.#workers) worker.postMessage(LEAVE)
    const patience = new AbortController()
    const waited = setTimeout(GRACE_MS, undefined, { signal: patience.signal }).catch(() => {})
    await Promise.race([Promise.all(leaving), waited])
    patience.abort()
  }

  /** Ends whatever still runs at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    const running = [...this.#workers]
    this.#workers.clear()
    await Promise.all(running.map((worker) => worker.terminate()))
  }

  #start(): void {
    const { script } = this.#options
    const worker = new Worker(script, {
      execArgv: script.pathname.endsWith('.ts') ? ['--conditions=@nebulift/source'] : [],
      stdout: true,
      stderr: true,
    })
    this.#workers.add(worker)
    let current = this.#give(worker)
    worker.on('message', async (answer: Answer<Result>) => {
      current = undefined
      await this.#settle(answer)
      current = this.#give(worker)
    })
    const die = (message: string) => {
      if (!this.#workers.delete(worker) || current === undefined) return
      void this.#settle({ index: current, failure: { message } })
      if (this.#next < this.#options.tasks.length) this.#start()
    }
    worker.on('error', (error) => die(`its worker failed: ${error.message}`))
    worker.on('exit', () => die('its worker stopped'))
  }

  /** Hands the next task to a worker, or dismisses it where there is none. */
  #give(worker: Worker): number | undefined {
    const { tasks } = this.#options
    if (this.#stopped || this.#next >= tasks.length) {
      worker.postMessage(LEAVE)
      return undefined
    }
    const index = this.#next++
    worker.postMessage({ index, task: tasks[index] })
    return index
  }

  async #settle({ index, result, failure }: Answer<Result>): Promise<void> {
    if (this.#stopped) return
    const { onResult, onFailure } = this.#options
    try {
      await (failure ? onFailure(index, failure) : onResult(index, result as Result))
      if (--this.#open === 0) this.#finished.resolve()
    } catch (error) {
      this.fail(error)
    }
  }
}
