import { parentPort } from 'node:worker_threads'
import { describeError, errorCode } from '../errors.ts'

/** Serves a pool's tasks in a worker thread, one at a time. */
export function answerTasks<Task extends { readonly path?: string }>(
  work: (task: Task) => Promise<unknown>,
): void {
  parentPort?.on('message', async ({ index, task }: { index: number; task: Task }) => {
    try {
      parentPort?.postMessage({ index, result: await work(task) })
    } catch (error) {
      const code = errorCode(error)
      const failure = { message: describeError(error, task.path), ...(code && { code }) }
      parentPort?.postMessage({ index, failure })
    }
  })
}
