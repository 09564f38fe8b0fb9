import { join } from 'node:path'
import { python } from '../environment.ts'
import type { Lap } from '../harness.ts'
import { startTalk } from '../talk.ts'

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
  const talk = startTalk([python, join(import.meta.dirname, script), ...args], env)
  return {
    ready: await talk.next(),
    lap: async (task) => (await talk.ask(task)) as unknown as Lap & { readonly result: number },
    close: talk.close,
  }
}
