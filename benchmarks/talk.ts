import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A process that answers each line it is given with a line of JSON. */
export interface Talk {
  ask(line: string): Promise<Record<string, unknown>>
  /** What it says without being asked. */
  next(): Promise<Record<string, unknown>>
  /** Once the process has ended, which it does when it is given no more lines. */
  close(): Promise<void>
}

/** Starts a command that talks so. */
export function startTalk(
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Talk {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await answers.next()
    if (done) throw new Error(`${[program, ...args].join(' ')} ended before it answered`)
    return JSON.parse(value)
  }
  return {
    next,
    ask: (line) => {
      child.stdin.write(`${line}\n`)
      return next()
    },
    close: () => {
      child.stdin.end()
      return ended
    },
  }
}
