import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import process from 'node:process'

const main = resolve(import.meta.dirname, '../src/main.ts')

/** The command in a process of its own. */
export function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ['--conditions=@nebulift/source', main, ...argv], {
    env: { ...process.env, ...env },
  })
}

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Waits for a process, with all that it said. */
export function ended(child: ChildProcess): Promise<Ended> {
  let [out, err] = ['', '']
  child.stdout?.on('data', (text) => {
    out += text
  })
  child.stderr?.on('data', (text) => {
    err += text
  })
  return new Promise((done) => child.on('close', (code) => done({ code, out, err })))
}

/** Processes that a process has started and that still run. */
export function childrenOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => parentOf(each) === pid)
}

function parentOf(pid: number): number | undefined {
  try {
    // The name in brackets may hold anything.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
    return state === 'Z' ? undefined : Number(parent)
  } catch {
    return undefined
  }
}

/** Whether a process still runs. */
export const runs = (pid: number): boolean => parentOf(pid) !== undefined

/** Asks again and again, at most half a minute. */
export async function until(test: () => boolean): Promise<boolean> {
  for (let i = 0; i < 600; i++) {
    if (test()) return true
    await new Promise((next) => setTimeout(next, 50))
  }
  return false
}

/** A port of loopback that is free just now. */
export function freePort(): Promise<number> {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => found(port))
    })
  })
}
