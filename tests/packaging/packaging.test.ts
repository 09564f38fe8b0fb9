import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isLibrary, published, read, root, type Workspace } from '../repository.ts'
import { type Outcome, run, runWell } from '../run.ts'
import { parse } from '../syntax.ts'
import { install, pack, type Tarball, unreachable } from './warehouse.ts'

// Every published package as a stranger gets it: packed, installed in an empty folder, used.
const members = published()
const libraries = members.filter(isLibrary)
const programs = members.filter((member) => !isLibrary(member))
const outside = ({ manifest }: Workspace) => Object.keys(manifest.dependencies ?? {}).length > 0
/** Libraries that need nobody; the others are installed with the programs. */
const leaves = libraries.filter((member) => !outside(member))
const served = libraries.filter(outside)
// A program brings its trained classifier along.
const limitBytes = { library: 256 * 1024, program: 2 * 1024 * 1024 }

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

interface Entry {
  readonly specifier: string
  readonly source: string
}

/** `@nebulift/fits` and `@nebulift/fits/node`, and where each leads. */
function entriesOf({ manifest }: Workspace): Entry[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([entry, target]) =>
    typeof target === 'string'
      ? []
      : [{ specifier: manifest.name + entry.slice(1), source: target['@nebulift/source'] ?? '' }],
  )
}

/** The names a module gives at run time, asked of plain Node in `cwd`. */
async function namesSeenBy(node: readonly string[], cwd: string, load: string): Promise<string[]> {
  const script = `${load}.then((m) => process.stdout.write(JSON.stringify(Object.keys(m))))`
  return JSON.parse(await runWell(process.execPath, [...node, '-e', script], { cwd })) as string[]
}

const namesOfBuilt = (project: string, { specifier }: Entry) =>
  namesSeenBy([], project, `import('${specifier}')`)

const namesOfSource = ({ folder }: Workspace, { source }: Entry) =>
  namesSeenBy(['--conditions=@nebulift/source'], root, `import('./${folder}/${source.slice(2)}')`)

// Nobody answers and nothing is kept: then, and only then, the command's tests are skipped.
const alone = 'the package registry cannot be reached and npm has not kept what the command needs'
const isAlone = () => programsInstalled.code !== 0 && unreachable(programsInstalled)

beforeAll(async () => {
  tarballs = await pack(members, bench)
  // Most libraries need nobody else; the command needs a few packages from the registry or npm's cache. The
  // flag is what READMEs tell people behind a firewall: without it ONNX Runtime's script fetches CUDA.
  librariesInstalled = await install(libraryProject, leaves.map(tarballOf), ['--offline'])
  const flags = ['--prefer-offline', '--onnxruntime-node-install=skip']
  programsInstalled = await install(programProject, members.map(tarballOf), flags)
}, 180_000)

afterAll(() => rmSync(bench, { recursive: true, force: true }))

describe.each(members)('tarball of $manifest.name', (member) => {
  it('holds what runs and nothing else', () => {
    const { files } = tarballOf(member)
    const paths = files.map(({ path }) => path)
    const known =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.*\.(js|d\.ts)(\.map)?|bin\/[\w-]+\.js|[\w.-]+\.schema\.json|model\/[\w.]+\.(onnx|card\.md)|chart\/.+|k8s\/.+\.yaml)$/
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

describe.each(leaves)('$manifest.name installed off-line in an empty folder', (member) => {
  it('installs', () => expect(librariesInstalled).toMatchObject({ code: 0 }))

  it.each(entriesOf(member))('$specifier gives what its source gives', async (entry) => {
    const built = await namesOfBuilt(libraryProject, entry)
    expect(built.length).toBeGreaterThan(0)
    expect(built).toEqual(await namesOfSource(member, entry))
  })

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

/** Type-checks a program that imports `specifiers` where they were installed. */
async function typeCheck(
  project: string,
  specifiers: readonly string[],
  { resolution, types }: { resolution: 'nodenext' | 'bundler'; types: readonly string[] },
): Promise<Outcome> {
  const folder = mkdtempSync(join(project, 'consumer-'))
  const compilerOptions = {
    ...{ target: 'es2024', lib: ['es2024', 'dom'], moduleResolution: resolution },
    ...{ module: resolution === 'nodenext' ? 'nodenext' : 'preserve' },
    ...{ strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true },
    types,
    typeRoots: [join(root, 'node_modules/@types')],
  }
  const consumer = specifiers.map(
    (specifier, i) => `import * as m${i} from '${specifier}'\nexport const n${i}: object = m${i}\n`,
  )
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }))
  writeFileSync(join(folder, 'consumer.ts'), consumer.join(''))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  return run(process.execPath, [tsc, '-p', relative(project, folder)], { cwd: project })
}

const well = { code: 0, stdout: '' }

describe.each(['nodenext', 'bundler'] as const)('types under moduleResolution %s', (resolution) => {
  it('main entries of libraries resolve, without the types of Node', async () => {
    const mains = leaves.map(({ manifest }) => manifest.name)
    const outcome = await typeCheck(libraryProject, mains, { resolution, types: [] })
    expect(outcome).toMatchObject(well)
  })

  it('every entry of libraries resolves beside the types of Node', async () => {
    const all = leaves.flatMap(entriesOf).map(({ specifier }) => specifier)
    const outcome = await typeCheck(libraryProject, all, { resolution, types: ['node'] })
    expect(outcome).toMatchObject(well)
  })

  it('programs resolve beside the types of Node', async (context) => {
    context.skip(isAlone(), alone)
    const all = [...programs, ...served].flatMap(entriesOf).map(({ specifier }) => specifier)
    const outcome = await typeCheck(programProject, all, { resolution, types: ['node'] })
    expect(outcome).toMatchObject(well)
  })
})

describe.each([...programs, ...served])('$manifest.name installed in an empty folder', (member) => {
  it('installs', (context) => {
    context.skip(isAlone(), alone)
    expect(programsInstalled).toMatchObject({ code: 0 })
  })

  it.for(entriesOf(member))('$specifier gives what its source gives', async (entry, context) => {
    context.skip(isAlone(), alone)
    expect(await namesOfBuilt(programProject, entry)).toEqual(await namesOfSource(member, entry))
  })

  it.for(Object.keys(member.manifest.bin ?? {}))(
    'npx %s tells its version',
    async (name, context) => {
      context.skip(isAlone(), alone)
      const npx = ['--no-install', name, '--version']
      const { code, stdout } = await run('npx', npx, { cwd: programProject })
      expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: member.manifest.version })
    },
  )
})

it.for(served)(
  'the example of $manifest.name runs where it was installed',
  async (member, context) => {
    context.skip(isAlone(), alone)
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(read(`${member.folder}/README.md`)) ?? []
    writeFileSync(join(programProject, 'example.ts'), example)
    const printed = await runWell(process.execPath, ['example.ts'], { cwd: programProject })
    expect(printed.trim()).toBe(/^\/\/ → (.*)$/m.exec(example)?.[1])
  },
)

// What only the installed command can show: its worker threads and pictures find their files.
it('the installed command simulates a night and sorts it', async (context) => {
  context.skip(isAlone(), alone)
  const command = (...args: string[]) =>
    runWell('npx', ['--no-install', 'nebulift', ...args], { cwd: programProject })
  await command('simulate', 'night', '--frames', '3', '--seed', '7', '--size', '480x360')
  await command('batch', 'night', 'sorted', '--jobs', '2')
  const manifest = JSON.parse(readFileSync(join(programProject, 'sorted/manifest.json'), 'utf8'))
  expect(manifest).toMatchObject({ schema: 'nebulift.manifest/1' })
  expect(manifest.frames).toHaveLength(3)
})
