import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nebulift-tools/bin')

/** Where a program lies: on PATH or where `tests/reference/k8s/tools.sh` puts it. */
export function toolCalled(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), cache]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** What a program prints; throws with what it complains of. */
export function outputOf(program: string, args: readonly string[], input = ''): string {
  return execFileSync(program, args, { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
}
