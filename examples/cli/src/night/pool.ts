import { Worker } from 'node:worker_threads'

/** A task failed in its worker, or took its worker down. */
export interface TaskFailure {
  readonly message: string
  readonly code?: string
}

export interface PoolOptions<Task, Result> {
  /** The worker's module; it answers `{ index, task }` with `{ index, result }` or `{ index, failure }`. */
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
  const { script, jobs, tasks, onResult, onFailure, signal } = options
  signal?.throwIfAborted()
  const workers = new Set<Worker>()
  let next = 0
  let open = tasks.length
  let stopped = false
  const finished = Promise.withResolvers<void>()
  const abort = () => finished.reject(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })

  const settle = async (report: () => void | Promise<void>) => {
    if (stopped) return
    try {
      await report()
      if (--open === 0) finished.resolve()
    } catch (error) {
      finished.reject(error)
    }
  }
  const start = () => {
    const worker = new Worker(script, {
      execArgv: script.pathname.endsWith('.ts') ? ['--conditions=@nebulift/source'] : [],
      stdout: true,
      stderr: true,
    })
    workers.add(worker)
    let current: number | undefined
    const give = () => {
      current = next < tasks.length ? next++ : undefined
      if (current === undefined) void worker.terminate()
      else worker.postMessage({ index: current, task: tasks[current] })
    }
    const die = (message: string) => {
      if (!workers.delete(worker)) return
      const lost = current
      current = undefined
      if (lost !== undefined) void settle(() => onFailure(lost, { message }))
      if (lost !== undefined && next < tasks.length && !stopped) start()
    }
    worker.on('message', async ({ index, result, failure }: Answer<Result>) => {
      current = undefined
      await settle(() => (failure ? onFailure(index, failure) : onResult(index, result as Result)))
      give()
    })
    worker.on('error', (error) => die(`its worker failed: ${error.message}`))
    worker.on('exit', () => die('its worker stopped'))
    give()
  }
  try {
    if (open === 0) return
    for (let i = 0; i < Math.min(jobs, tasks.length); i++) start()
    await finished.promise
  } finally {
    stopped = true
    signal?.removeEventListener('abort', abort)
    const running = [...workers]
    workers.clear()
    await Promise.all(running.map((worker) => worker.terminate()))
  }
}
