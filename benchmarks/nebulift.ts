import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
export const sources = '--conditions=@nebulift/source'
const main = join(root, 'examples/cli/src/main.ts')

/** Runs a Node program of this repository on its sources; resolves with what it printed. */
export function runNode(args: readonly string[], cwd = root): Promise<string> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [sources, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) done(Buffer.concat(out).toString())
      else reject(new Error(`${args.join(' ')} ended with ${code}\n${Buffer.concat(err)}`))
    })
  })
}

/** Runs the command `nebulift`, as a user does. */
export const nebulift = (...args: readonly string[]): Promise<string> => runNode([main, ...args])
