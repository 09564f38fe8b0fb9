import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** The workspace's top folder. */
export const root = resolve(import.meta.dirname, '..')

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly license?: string
  readonly description?: string
  readonly bin?: Readonly<Record<string, string>>
  readonly engines?: { readonly node?: string }
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A workspace: `folder` relative to the top, such as `packages/fits`. */
export interface Workspace {
  readonly folder: string
  readonly manifest: Manifest
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export function readJson<Shape>(path: string): Shape {
  return JSON.parse(read(path)) as Shape
}

export function exists(path: string): boolean {
  return existsSync(join(root, path))
}

/** Every workspace: libraries, runnable examples, the benchmarks and these tests. */
export function workspaces(): Workspace[] {
  const inside = (parent: string) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
  return [...inside('packages'), ...inside('examples'), 'benchmarks', 'tests']
    .filter((folder) => exists(`${folder}/package.json`))
    .map((folder) => ({ folder, manifest: readJson<Manifest>(`${folder}/package.json`) }))
}

export const isLibrary = ({ folder }: Workspace): boolean => folder.startsWith('packages/')

/** What is published: every workspace not marked private. */
export function published(): Workspace[] {
  return workspaces().filter(({ manifest }) => !manifest.private)
}

const made = new Set(['node_modules', 'dist', 'coverage', '.git', '.nx', '.vitest', 'out'])

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !made.has(entry.name))
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name
      return entry.isDirectory() ? walk(path) : [path]
    })
}

/** Every file that belongs to the repository, relative to the top; without Git, every file nothing made. */
export function repositoryFiles(): string[] {
  try {
    const listed = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    return listed.split('\0').filter((path) => path !== '' && exists(path))
  } catch {
    return walk('')
  }
}

/** The TypeScript sources of a workspace, without what the build wrote. */
export function sourceFiles(folder: string): string[] {
  if (!exists(`${folder}/src`)) return []
  return walk(`${folder}/src`).filter(
    (path) => /\.ts$/.test(path) && !path.endsWith('.generated.ts'),
  )
}

/** `path` as the repository names it. */
export function fromRoot(path: string): string {
  return relative(root, path).replaceAll('\\', '/')
}
