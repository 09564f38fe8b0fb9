import { readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import process from 'node:process'
import { BusyError, CliError, describeError, errorCode } from '../errors.ts'
import { makeFolders, sweepParts, writeAtomic } from '../files/atomic.ts'
import { resolveFolder } from '../files/discover.ts'
import { markOf } from '../files/identity.ts'
import { type Layout, layoutOf, verdicts } from './layout.ts'

/** Folders of one batch, checked: neither can harm the other. */
export interface NightFolders {
  readonly input: string
  readonly layout: Layout
}

/** Resolves both folders and refuses pairs where results would be taken for frames. */
export async function checkFolders(input: string, output: string): Promise<NightFolders> {
  const from = await resolveFolder(input)
  const to = await resolveMissing(output)
  if (from === to) {
    throw new CliError('the output folder is the input folder; choose another', { exitCode: 2 })
  }
  const inside = relative(to, from).split(sep)[0] ?? ''
  if ([...verdicts, 'masks', '.nebulift'].includes(inside)) {
    throw new CliError(`the input folder is one of the results in ${output}`, { exitCode: 2 })
  }
  return { input: from, layout: layoutOf(to) }
}

/** The real path of a folder that need not exist yet. */
async function resolveMissing(folder: string): Promise<string> {
  const path = resolve(folder)
  try {
    return await resolveFolder(path)
  } catch (error) {
    if (errorCode((error as CliError).cause) !== 'ENOENT') throw error
  }
  const parent = dirname(path)
  const real = await realpath(parent).catch(() => undefined)
  return real ? join(real, basename(path)) : join(await resolveMissing(parent), basename(path))
}

/** Makes the output folder ours, or says whose it is. The result gives it back. */
export async function claimOutput(folders: NightFolders): Promise<() => Promise<void>> {
  const { layout } = folders
  await makeOutput(layout)
  const unlock = await lock(layout)
  try {
    await noteOwner(folders)
    const places = verdicts.map((verdict) => join(layout.root, verdict))
    for (const folder of [layout.root, layout.books, layout.masks, ...places]) {
      await sweepParts(folder)
    }
  } catch (error) {
    await unlock()
    throw error
  }
  return unlock
}

/** The same for one of several processes that only measure: they do not stand in each other's way. */
export async function joinOutput(folders: NightFolders): Promise<void> {
  await makeOutput(folders.layout)
  await noteOwner(folders)
}

async function makeOutput(layout: Layout): Promise<void> {
  await makeFolder(layout.root)
  if ((await readNight(layout)) === undefined) await refuseForeign(layout)
  await makeFolder(layout.books)
}

async function noteOwner({ input, layout }: NightFolders): Promise<void> {
  const owner = await readNight(layout)
  if (owner === input) return
  if (owner !== undefined && (await hasBooks(layout))) {
    throw new CliError(`${layout.root} holds the sorted frames of ${owner}`, {
      hint: `choose another folder, or run: nebulift undo ${layout.root}`,
    })
  }
  const note = { schema: 'nebulift.night/1', input }
  await writeAtomic(layout.night, `${JSON.stringify(note)}\n`)
}

/** The input folder an output belongs to; `undefined` where no batch has run. */
export async function readNight(layout: Layout): Promise<string | undefined> {
  try {
    const { input } = JSON.parse(await readFile(layout.night, 'utf8'))
    return typeof input === 'string' ? input : undefined
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolders(folder)
  } catch (error) {
    throw new CliError(`${folder}: ${describeError(error)}`, { cause: error })
  }
}

/** In a folder that no batch has used, these names belong to somebody else. */
async function refuseForeign(layout: Layout): Promise<void> {
  for (const path of [layout.manifest, layout.csv, layout.report]) {
    if (await markOf(path)) {
      throw new CliError(`${path} is there already and nebulift did not make it`, {
        hint: 'choose another output folder',
      })
    }
  }
}

async function hasBooks(layout: Layout): Promise<boolean> {
  const [placed, journal] = [await markOf(layout.placed), await markOf(layout.journal)]
  return placed !== undefined || journal !== undefined
}

/** Two runs in one folder would undo each other's work. A lock of a dead process does not count. */
export async function lock(layout: Layout): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt++) {
    try {
      await writeFile(layout.lock, String(process.pid), { flag: 'wx' })
      return () => rm(layout.lock, { force: true })
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || attempt > 0) throw error
    }
    const pid = Number(await readFile(layout.lock, 'utf8').catch(() => ''))
    if (pid !== process.pid && isAlive(pid)) {
      throw new BusyError(`another nebulift (process ${pid}) is at work in ${layout.root}`)
    }
    await rm(layout.lock, { force: true })
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM'
  }
}
