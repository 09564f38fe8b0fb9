import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, type Workspace } from '../repository.ts'
import { type Outcome, run, runWell } from '../run.ts'

export interface Tarball {
  readonly name: string
  /** Absolute path of the .tgz. */
  readonly path: string
  readonly sizeBytes: number
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

interface Packed {
  readonly name: string
  readonly filename: string
  readonly size: number
  readonly files: { path: string; mode: number }[]
}

/** Builds the workspaces (nothing to do when they are built) and packs them as `npm publish` would. */
export async function pack(
  members: readonly Workspace[],
  destination: string,
): Promise<Map<string, Tarball>> {
  await runWell('npm', ['run', '--silent', 'build'], { cwd: root })
  const which = members.flatMap(({ folder }) => ['-w', folder])
  const flags = ['--json', '--ignore-scripts', '--pack-destination', destination]
  const listed = await runWell('npm', ['pack', ...flags, ...which], { cwd: root })
  const packed = Object.values(JSON.parse(listed) as Record<string, Packed>)
  return new Map(
    packed.map(({ name, filename, size, files }) => [
      name,
      { name, path: join(destination, filename), sizeBytes: size, files },
    ]),
  )
}

/** Makes an empty project and installs the tarballs in it, as a user's first `npm install` would. */
export async function install(
  folder: string,
  tarballs: readonly Tarball[],
  flags: readonly string[],
): Promise<Outcome> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=0']
  const paths = tarballs.map(({ path }) => path)
  return run('npm', ['install', ...quiet, ...flags, ...paths], { cwd: folder })
}

/** Whether an install failed only because nobody answered. */
export function unreachable({ stderr }: Outcome): boolean {
  return /ENOTFOUND|ENOTCACHED|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/.test(stderr)
}
