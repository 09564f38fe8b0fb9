import { parentPort } from 'node:worker_threads'
import { describeError, errorCode } from '../errors.ts'

/** Tells a worker that there is nothing more to do; its thread then ends by itself. */
export const LEAVE = 'leave'

/** Serves a pool's tasks in a worker thread, one at a time. */
export function answerTasks<Task extends { readonly path?: string }>(
  work: (task: Task) => Promise<unknown>,
): void {
  parentPort?.on('message', async (message: { index: number; task: Task } | typeof LEAVE) => {
    if (message === LEAVE) return parentPort?.close()
    const { index, task } = message
    try {
      parentPort?.postMessage({ index, result: await work(task) })
    } catch (error) {
      const code = errorCode(error)
      const failure = { message: describeError(error, task.path), ...(code && { code }) }
      parentPort?.postMessage({ index, failure })
    }
  })
}
