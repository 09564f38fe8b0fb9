import { parentPort, type Transferable, Worker } from 'node:worker_threads'
import { ModelError, type ModelErrorCode } from '../errors.ts'
import { withoutTelemetry } from './telemetry.ts'

// Calls of an object that lives in another thread: one message each way.

interface Request {
  readonly id: number
  readonly method: string
  readonly args: readonly unknown[]
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly failure?: { readonly message: string; readonly code?: ModelErrorCode }
}

/** Methods that can be called from another thread; what they return is moved, not copied, where it can be. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

/** Serves calls in a worker thread, one after the other. */
export function serveMethods(methods: Methods): void {
  let last: Promise<void> = Promise.resolve()
  parentPort?.on('message', ({ id, method, args }: Request) => {
    last = last.then(async () => {
      try {
        const value = await methods[method]?.(...(args as never[]))
        parentPort?.postMessage({ id, value } satisfies Answer, buffersOf(value))
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        const code = error instanceof ModelError ? { code: error.code } : {}
        parentPort?.postMessage({ id, failure: { message, ...code } } satisfies Answer)
      }
    })
  })
}

/** An object in another thread. */
export interface Remote {
  /** `moved` gives up the memory of the arrays among the arguments instead of copying it. */
  call<Result>(method: string, args: readonly unknown[], moved?: boolean): Promise<Result>
  close(): Promise<void>
}

/** Starts a worker thread whose module calls `serveMethods`. */
export function openRemote(script: URL, data?: unknown): Remote {
  withoutTelemetry()
  const worker = new Worker(script, {
    workerData: data,
    execArgv: script.pathname.endsWith('.ts') ? ['--conditions=@nebulift/source'] : [],
  })
  const waiting = new Map<number, PromiseWithResolvers<never>>()
  let next = 0
  let dead: ModelError | undefined
  const fail = (message: string) => {
    dead ??= new ModelError('CLOSED', message)
    for (const { reject } of waiting.values()) reject(dead)
    waiting.clear()
  }
  worker.on('message', ({ id, value, failure }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
    if (failure) call?.reject(new ModelError(failure.code ?? 'IO', failure.message))
    else call?.resolve(value as never)
  })
  worker.on('error', (error) => fail(`the worker thread failed: ${error.message}`))
  worker.on('exit', () => fail('the worker thread has ended'))
  worker.unref()
  return {
    call: (method, args, moved = false) => {
      if (dead) return Promise.reject(dead)
      const call = Promise.withResolvers<never>()
      const id = next++
      try {
        worker.postMessage({ id, method, args } satisfies Request, moved ? buffersOf(args) : [])
      } catch (cause) {
        const message = `${method}: what it is given cannot be sent to the worker thread, or was moved before`
        return Promise.reject(new ModelError('BAD_ARGUMENT', message, { cause }))
      }
      waiting.set(id, call)
      worker.ref()
      return call.promise
    },
    close: async () => {
      dead ??= new ModelError('CLOSED', 'used after close()')
      await worker.terminate()
    },
  }
}

/** The sibling of this module's kind: sources run as sources, built code as built code. */
export function sibling(name: string, from: string): URL {
  return new URL(`./${name}${from.endsWith('.ts') ? '.ts' : '.js'}`, from)
}

/** The memory of all typed arrays within plain data, each once; what is shared or a view of more stays. */
function buffersOf(value: unknown): Transferable[] {
  const found = new Set<ArrayBuffer>()
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) return
    if (ArrayBuffer.isView(item)) {
      const { buffer, byteLength } = item
      if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) found.add(buffer)
    } else if (item instanceof Map) for (const inner of item.values()) visit(inner)
    else for (const inner of Object.values(item)) visit(inner)
  }
  visit(value)
  return [...found]
}
