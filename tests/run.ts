import { spawn } from 'node:child_process'

export interface Outcome {
  /** Exit code; `null` when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  /** Written to its standard input, which is closed afterwards. Default: nothing. */
  readonly input?: string
  /** Default 120 000. */
  readonly timeoutMs?: number
  /** Laid over this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a command to its end. Colours off; never rejects for a failing command. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, input = '', timeoutMs = 120_000, env = {} }: RunOptions,
): Promise<Outcome> {
  const { FORCE_COLOR: _, NODE_OPTIONS: __, ...inherited } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...inherited, NO_COLOR: '1', ...env },
      timeout: timeoutMs,
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes))
    child.stdin.on('error', () => {})
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({
        code,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    )
    child.stdin.end(input)
  })
}

/** As `run`, but a failing command throws with everything it said. */
export async function runWell(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options)
  if (code === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
}
