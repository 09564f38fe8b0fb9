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

export interface WorkerOptions {
  /** The worker's module; it answers `{ index, task }` with `{ index, result }` or `{ index, failure }`, and leaves when told to `LEAVE`. */
  readonly script: URL
  /** Workers at once. */
  readonly jobs: number
  /** Stops the workers at once; what was asked for then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface PoolOptions<Task, Result> extends WorkerOptions {
  /** Plain data, sent to the workers one at a time. */
  readonly tasks: readonly Task[]
  /** Results come in the order in which they are finished; an error thrown here stops the pool. */
  readonly onResult: (index: number, result: Result) => void | Promise<void>
  readonly onFailure: (index: number, failure: TaskFailure) => void | Promise<void>
}

/** What a worker made of a task. */
export type Answer<Result> = { readonly result: Result } | { readonly failure: TaskFailure }

/** The sibling of this module's kind: sources run as sources, built code as built code. */
export function siblingScript(name: string, from: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
}

/** Runs every task, `jobs` at a time. A worker that dies costs its own task; another takes its place. */
export async function runPool<Task, Result>(options: PoolOptions<Task, Result>): Promise<void> {
  const { tasks, signal, onResult, onFailure } = options
  signal?.throwIfAborted()
  const jobs = Math.min(options.jobs, tasks.length)
  const pool = new WorkerPool<Task, Result>({ ...options, jobs })
  const open = tasks.entries()
  const lane = async () => {
    for (const [index, task] of open) {
      const answer = await pool.run(task)
      await ('failure' in answer
        ? onFailure(index, answer.failure)
        : onResult(index, answer.result))
    }
  }
  try {
    await Promise.all(Array.from({ length: jobs }, lane))
    await pool.dismiss()
  } finally {
    await pool.stop()
  }
}

interface Request<Task, Result> {
  readonly task: Task
  readonly resolve: (answer: Answer<Result>) => void
  readonly reject: (reason: unknown) => void
}

/** Workers that are started as tasks come, and take them in their order. To be stopped at the end. */
export class WorkerPool<Task, Result> {
  readonly #options: WorkerOptions
  readonly #queue: Request<Task, Result>[] = []
  /** What each is at work on. */
  readonly #workers = new Map<Worker, Request<Task, Result> | undefined>()
  readonly #abort: () => void
  #given = 0
  #stopped: { readonly reason: unknown } | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    this.#abort = () => void this.stop(options.signal?.reason)
    options.signal?.addEventListener('abort', this.#abort, { once: true })
  }

  run(task: Task): Promise<Answer<Result>> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(this.#stopped.reason)
      this.#queue.push({ task, resolve, reject })
      const idle = [...this.#workers].find(([, request]) => !request)?.[0]
      if (idle) this.#give(idle)
      else if (this.#workers.size < this.#options.jobs) this.#start()
    })
  }

  /** Lets the idle workers end by themselves: killing a thread in the middle of its own ending is not safe. */
  async dismiss(): Promise<void> {
    const workers = [...this.#workers.keys()]
    const leaving = workers.map((worker) => once(worker, 'exit'))
    for (const worker of workers) worker.postMessage(LEAVE)
    const patience = new AbortController()
    const waited = setTimeout(GRACE_MS, undefined, { signal: patience.signal }).catch(() => {})
    await Promise.race([Promise.all(leaving), waited])
    patience.abort()
  }

  /** Ends whatever still runs at once; what was asked for rejects with the reason. */
  async stop(reason: unknown = new Error('internal: the pool has stopped')): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#stopped ??= { reason }
    const running = [...this.#workers]
    this.#workers.clear()
    for (const request of this.#queue.splice(0)) request.reject(reason)
    for (const [, request] of running) request?.reject(reason)
    await Promise.all(running.map(([worker]) => worker.terminate()))
  }

  #start(): void {
    const { script } = this.#options
    const worker = new Worker(script, {
      execArgv: script.pathname.endsWith('.ts') ? ['--conditions=@nebulift/source'] : [],
      stdout: true,
      stderr: true,
    })
    this.#give(worker)
    worker.on('message', (answer: Answer<Result>) => {
      const request = this.#workers.get(worker)
      this.#give(worker)
      request?.resolve(answer)
    })
    const die = (message: string) => {
      const request = this.#workers.get(worker)
      if (!this.#workers.delete(worker)) return
      if (this.#queue.length > 0) this.#start()
      request?.resolve({ failure: { message } })
    }
    worker.on('error', (error) => die(`its worker failed: ${error.message}`))
    worker.on('exit', () => die('its worker stopped'))
  }

  /** The next task, if there is one. */
  #give(worker: Worker): void {
    if (this.#stopped) return
    const request = this.#queue.shift()
    this.#workers.set(worker, request)
    if (request) worker.postMessage({ index: this.#given++, task: request.task })
  }
}
