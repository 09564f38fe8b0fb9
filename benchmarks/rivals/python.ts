import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { python } from '../environment.ts'
import type { Lap } from '../harness.ts'

/** A Python script of this folder that is started once and answers line by line. */
export interface PythonLaps {
  /** What it said when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>
  /** Does a task once; `ms` is Python's own measurement. */
  lap(task: string): Promise<Lap & { readonly result: number }>
  /** Once the process has ended. */
  close(): Promise<void>
}

interface PythonOptions {
  readonly script: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Starts such a script and waits until it is ready, so that its start is in no lap. */
export async function pythonLaps({ script, args, env }: PythonOptions): Promise<PythonLaps> {
  const child = spawn(python, [join(import.meta.dirname, script), ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await answers.next()
    if (done) throw new Error(`${script}: Python ended before it answered`)
    return JSON.parse(value)
  }
  return {
    ready: await next(),
    lap: (task) => {
      child.stdin.write(`${task}\n`)
      return next()
    },
    close: () => {
      child.stdin.end()
      return ended
    },
  }
}
