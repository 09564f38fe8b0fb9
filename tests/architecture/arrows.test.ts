import { dirname, join } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import { exists, isLibrary, sourceFiles, workspaces } from '../repository.ts'
import { type Import, syntaxOf } from '../syntax.ts'

// The table of arrows. A line added here is a design change: its reason goes into ARCHITECTURE.md.
const arrows: Readonly<Record<string, readonly string[]>> = {
  fits: [],
  prefilter: [],
  simulator: [],
  trees: [],
  model: ['onnxruntime-node'],
  distributed: [],
  k8s: [],
  survey: ['@nebulift/fits'],
  mlops: ['@nebulift/fits', '@nebulift/prefilter', '@nebulift/model', '@nebulift/trees'],
}

const isRelative = (specifier: string) => specifier.startsWith('.')
const isNode = (specifier: string) => specifier.startsWith('node:')

/** `@scope/name/deep/path` → `@scope/name`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function importsOf(folder: string): { file: string; found: Import }[] {
  return sourceFiles(folder).flatMap((file) =>
    syntaxOf(file).imports.map((found) => ({ file, found })),
  )
}

function foreignPackages(folder: string): string[] {
  const names = importsOf(folder)
    .map(({ found }) => found.specifier)
    .filter((specifier) => !isRelative(specifier) && !isNode(specifier))
    .map(packageOf)
  return [...new Set(names)].sort()
}

/** The file a relative import means; sources name it with its real extension. */
function target(file: string, specifier: string): string {
  return join(dirname(file), specifier)
}

const libraries = workspaces().filter(isLibrary)
const examples = workspaces().filter(({ folder }) => folder.startsWith('examples/'))

describe('arrows', () => {
  it('every library has its row in the table', () => {
    const folders = libraries.map(({ folder }) => folder.slice('packages/'.length))
    expect(folders.length).toBeGreaterThan(0)
    expect(folders.filter((name) => !(name in arrows))).toEqual([])
  })

  it.each(libraries)('$folder imports only what its row allows', ({ folder, manifest }) => {
    const row = arrows[folder.slice('packages/'.length)] ?? []
    const itself = manifest.name
    expect(
      foreignPackages(folder).filter((name) => name !== itself && !row.includes(name)),
    ).toEqual([])
  })

  it.each([...libraries, ...examples])(
    '$folder declares what it imports and nothing else',
    ({ folder, manifest }) => {
      const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      expect(foreignPackages(folder)).toEqual(declared.sort())
      expect(manifest.optionalDependencies ?? {}).toEqual({})
    },
  )

  it.each(libraries)('$folder speaks to Node only in src/node.ts and src/node/', ({ folder }) => {
    const offenders = importsOf(folder)
      .filter(({ found }) => isNode(found.specifier))
      .map(({ file }) => file)
    expect(
      offenders.filter((file) => !/^src\/node(\.ts$|\/)/.test(file.slice(folder.length + 1))),
    ).toEqual([])
  })

  it.each([...libraries, ...examples])('$folder names Node modules by `node:`', ({ folder }) => {
    const bare = ['fs', 'path', 'os', 'url', 'util', 'zlib', 'crypto', 'worker_threads', 'stream']
    expect(foreignPackages(folder).filter((name) => bare.includes(name))).toEqual([])
  })

  it.each([...libraries, ...examples])('$folder stays within its own src', ({ folder }) => {
    const outside = importsOf(folder)
      .filter(({ found }) => isRelative(found.specifier))
      .map(({ file, found }) => target(file, found.specifier))
      .filter((path) => !path.startsWith(`${folder}/src/`) || !exists(path))
    expect(outside).toEqual([])
  })

  it.each([...libraries, ...examples])('$folder has no circle of imports', ({ folder }) => {
    expect(circleIn(sourceFiles(folder))).toEqual([])
  })
})

/** The first circle of imports that matter at run time, as the files along it; else empty. */
function circleIn(files: readonly string[]): string[] {
  const done = new Set<string>()
  const follow = (file: string, trail: readonly string[]): string[] => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file]
    if (done.has(file) || !exists(file)) return []
    const next = syntaxOf(file)
      .imports.filter((found) => isRelative(found.specifier) && !found.typeOnly && !found.lazy)
      .map((found) => target(file, found.specifier))
    for (const path of next) {
      const circle = follow(path, [...trail, file])
      if (circle.length > 0) return circle
    }
    done.add(file)
    return []
  }
  for (const file of files) {
    const circle = follow(file, [])
    if (circle.length > 0) return circle
  }
  return []
}
