import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLibrary, published, root, type Workspace } from '../repository.ts'
import { type Outcome, run, runWell } from '../run.ts'
import { parse } from '../syntax.ts'
import { install, pack, type Tarball, unreachable } from './warehouse.ts'

// Every published package as a stranger gets it: packed, installed in an empty folder, used.
const members = published()
const libraries = members.filter(isLibrary)
const programs = members.filter((member) => !isLibrary(member))
const limitBytes = { library: 256 * 1024, program: 1024 * 1024 }

const bench = mkdtempSync(join(tmpdir(), 'nebulift-packaging-'))
const libraryProject = join(bench, 'libraries')
const programProject = join(bench, 'programs')
let tarballs: Map<string, Tarball>
let librariesInstalled: Outcome
let programsInstalled: Outcome

const tarballOf = ({ manifest }: Workspace): Tarball => {
  const found = tarballs.get(manifest.name)
  if (!found) throw new Error(`${manifest.name} was not packed`)
  return found
}

/** `@nebulift/fits` and `@nebulift/fits/node`, and where each leads. */
function entriesOf({ manifest }: Workspace): { specifier: string; source: string }[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : [{ specifier: manifest.name + entry.slice(1), source: target['@nebulift/source'] ?? '' }],
  )
}

/** The names an entry gives at run time, asked of plain Node in `cwd`. */
async function namesSeenBy(node: readonly string[], cwd: string, load: string): Promise<string[]> {
  const script = `${load}.then((m) => process.stdout.write(JSON.stringify(Object.keys(m))))`
  return JSON.parse(await runWell(process.execPath, [...node, '-e', script], { cwd })) as string[]
}

beforeAll(async () => {
  tarballs = await pack(members, bench)
  // Libraries need nobody else; the command needs a few packages from the registry or npm's cache.
  librariesInstalled = await install(libraryProject, libraries.map(tarballOf), ['--offline'])
  programsInstalled = await install(programProject, members.map(tarballOf), ['--prefer-offline'])
}, 180_000)

afterAll(() => rmSync(bench, { recursive: true, force: true }))

describe.each(members)('tarball of $manifest.name', (member) => {
  it('holds what runs and nothing else', () => {
    const { files } = tarballOf(member)
    const paths = files.map(({ path }) => path)
    const known =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.*\.(js|d\.ts)(\.map)?|bin\/[\w-]+\.js|[\w.-]+\.schema\.json)$/
    expect(paths.filter((path) => !known.test(path))).toEqual([])
    expect(paths.filter((path) => /(^|[/.])(src|tests?|spec)([/.]|$)/.test(path))).toEqual([])
    expect(paths).toContain('README.md')
  })

  it('holds every file its manifest names', () => {
    const { exports = {}, bin = {} } = member.manifest
    const named = Object.values(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : [target.types ?? '', target.default ?? ''],
    )
    const paths = new Set(tarballOf(member).files.map(({ path }) => path))
    const wanted = [...named, ...Object.values(bin)].map((path) => path.replace(/^\.\//, ''))
    expect(wanted.filter((path) => !paths.has(path))).toEqual([])
  })

  it('is small', () => {
    const limit = isLibrary(member) ? limitBytes.library : limitBytes.program
    expect(tarballOf(member).sizeBytes).toBeLessThan(limit)
  })
})

describe.each(libraries)('$manifest.name installed off-line in an empty folder', (member) => {
  it('installs', () => expect(librariesInstalled).toMatchObject({ code: 0 }))

  it.each(entriesOf(member))(
    '$specifier gives what its source gives',
    async ({ specifier, source }) => {
      const load = `import('${specifier}')`
      const fromSource = `import('./${member.folder}/${source.slice(2)}')`
      const [built, written] = await Promise.all([
        namesSeenBy([], libraryProject, load),
        namesSeenBy(['--conditions=@nebulift/source'], root, fromSource),
      ])
      expect(built.length).toBeGreaterThan(0)
      expect(built).toEqual(written)
    },
  )

  it.each(entriesOf(member))('$specifier can be required', async ({ specifier }) => {
    const load = `Promise.resolve(require('${specifier}'))`
    expect(await namesSeenBy(['--input-type=commonjs'], libraryProject, load)).toEqual(
      await namesSeenBy([], libraryProject, `import('${specifier}')`),
    )
  })

  it('needs nothing of Node at its main entry', () => {
    const home = join(libraryProject, 'node_modules', member.manifest.name)
    const reached = reachable(join(home, 'dist/index.js'))
    expect([...reached.foreign]).toEqual([])
    expect(reached.files.size).toBeGreaterThan(1)
  })
})

/** Every file that loading `entry` can load, and every package or Node module asked for on the way. */
function reachable(entry: string): { files: Set<string>; foreign: Set<string> } {
  const files = new Set<string>()
  const foreign = new Set<string>()
  const follow = (path: string) => {
    if (files.has(path)) return
    files.add(path)
    for (const { specifier } of parse(readFileSync(path, 'utf8'), 'js').imports) {
      if (specifier.startsWith('.')) follow(join(dirname(path), specifier))
      else foreign.add(specifier)
    }
  }
  follow(entry)
  return { files, foreign }
}

describe.each([
  { resolution: 'nodenext', module: 'nodenext' },
  { resolution: 'bundler', module: 'preserve' },
])('types under moduleResolution $resolution', ({ resolution, module }) => {
  const check = async (name: string, specifiers: readonly string[], types: readonly string[]) => {
    const folder = join(libraryProject, `${name}-${resolution}`)
    mkdirSync(folder)
    const compilerOptions = {
      ...{ target: 'es2024', lib: ['es2024', 'dom'], module, moduleResolution: resolution },
      ...{ strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true },
      types,
      typeRoots: [join(root, 'node_modules/@types')],
    }
    const consumer = specifiers.map(
      (specifier, i) =>
        `import * as m${i} from '${specifier}'\nexport const n${i}: object = m${i}\n`,
    )
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['.'] }),
    )
    writeFileSync(join(folder, 'consumer.ts'), consumer.join(''))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    return run(process.execPath, [tsc, '-p', relative(libraryProject, folder)], {
      cwd: libraryProject,
    })
  }

  it('main entries resolve, without the types of Node', async () => {
    const mains = libraries.map(({ manifest }) => manifest.name)
    expect(await check('browser', mains, [])).toMatchObject({ code: 0, stdout: '' })
  })

  it('every entry resolves beside the types of Node', async () => {
    const all = libraries.flatMap(entriesOf).map(({ specifier }) => specifier)
    expect(await check('node', all, ['node'])).toMatchObject({ code: 0, stdout: '' })
  })
})

describe.each(programs)('$manifest.name installed in an empty folder', ({ manifest }) => {
  const alone = 'the package registry cannot be reached and npm has not kept what the command needs'
  const isAlone = () => programsInstalled.code !== 0 && unreachable(programsInstalled)
  const command = async (args: readonly string[]) =>
    run('npx', ['--no-install', ...args], { cwd: programProject })

  it('installs', (context) => {
    context.skip(isAlone(), alone)
    expect(programsInstalled).toMatchObject({ code: 0 })
  })

  it.for(Object.keys(manifest.bin ?? {}))(
    'npx %s --version tells its version',
    async (name, context) => {
      context.skip(isAlone(), alone)
      const { code, stdout } = await command([name, '--version'])
      expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: manifest.version })
    },
  )
})

// What only the installed command can show: its worker threads and pictures find their files.
it('the installed command simulates a night and sorts it', async (context) => {
  context.skip(programsInstalled.code !== 0 && unreachable(programsInstalled))
  const command = (...args: string[]) =>
    runWell('npx', ['--no-install', 'nebulift', ...args], { cwd: programProject })
  await command('simulate', 'night', '--frames', '3', '--seed', '7', '--size', '480x360')
  await command('batch', 'night', 'sorted', '--jobs', '2')
  const manifest = JSON.parse(readFileSync(join(programProject, 'sorted/manifest.json'), 'utf8'))
  expect(manifest).toMatchObject({ schema: 'nebulift.manifest/1' })
  expect(manifest.frames).toHaveLength(3)
})
