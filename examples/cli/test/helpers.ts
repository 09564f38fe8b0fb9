import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import type { Io, TextSink } from '../src/io.ts'
import { run } from '../src/run.ts'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder that is gone after the test. */
export function temporaryFolder(parent: string = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'nebulift-test-'))
  made.push(folder)
  return folder
}

/** Writes files by relative path. */
export function fill(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}

export interface TestSink extends TextSink {
  readonly text: string
}

export function sink({ isTTY = false, columns = 100 } = {}): TestSink {
  let text = ''
  return {
    isTTY,
    columns,
    write: (more) => {
      text += more
    },
    get text() {
      return text
    },
  }
}

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What was logged but for the lines of progress: whether one is due depends on the machine's speed. */
export function withoutProgress(text: string): string {
  return text.replaceAll(/^(judging|simulating): .*\n/gm, '')
}

/** Runs a command line in this process. */
export async function nebulift(argv: readonly string[], io: Partial<Io> = {}): Promise<Outcome> {
  const stdout = sink()
  const stderr = sink()
  const code = await run(argv, { stdout, stderr, env: {}, ...io })
  return { code, out: stdout.text, err: withoutProgress(stderr.text) }
}
