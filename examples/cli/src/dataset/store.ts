import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { CliError, errorCode } from '../errors.ts'
import { makeFolders, sweepParts, writeAtomic } from '../files/atomic.ts'
import { appendLine, readLines } from '../files/lines.ts'
import { version } from '../version.ts'
import {
  type DatasetExample,
  type DatasetLabel,
  type DatasetManifest,
  type DatasetRecipe,
  datasetClasses,
  datasetLabels,
  datasetSchema,
  datasetShape,
  encodeManifest,
} from './manifest.ts'
import { splitNights, splitUnits } from './splitNights.ts'

/** An example before it is known on which side of the split it lies. */
export type Draft = Omit<DatasetExample, 'split'>

/** Examples that were finished together, and what they are numbers of. */
export interface Part {
  /** Names the part: found again after an interruption, it is not made twice. */
  readonly key: string
  readonly evidence: readonly string[]
  readonly examples: readonly Draft[]
}

/** A data set that is being written. Readers see none until `finish`. */
export interface DatasetStore {
  readonly folder: string
  /** Finished by an earlier run: nothing is left to do. */
  readonly complete: DatasetManifest | undefined
  /** Parts finished by this run or an interrupted one. */
  readonly parts: ReadonlyMap<string, Part>
  /** Notes a part whose files are on the disk. */
  add(part: Part): Promise<void>
  /** Splits the nights and writes `dataset.json`. */
  finish(seed: number): Promise<DatasetManifest>
}

const manifestName = 'dataset.json'
const journalName = 'unfinished.jsonl'

export const manifestPath = (folder: string): string => join(folder, manifestName)
export const journalPath = (folder: string): string => join(folder, journalName)

/** Opens a folder for a data set: a new one, or one that an earlier run of the same recipe left unfinished. */
export async function openStore(folder: string, recipe: DatasetRecipe): Promise<DatasetStore> {
  // As it will be read back: without fields that are undefined.
  const wanted = JSON.parse(JSON.stringify({ version, recipe }))
  const complete = await readComplete(folder, wanted)
  const parts = new Map<string, Part>()
  if (!complete) {
    for (const part of await readJournal(folder, wanted)) parts.set(part.key, part)
    for (const label of datasetLabels) {
      await makeFolders(join(folder, label))
      await sweepParts(join(folder, label))
    }
    if (parts.size === 0) await writeAtomic(journalPath(folder), `${JSON.stringify(wanted)}\n`)
  }
  return {
    folder,
    complete,
    parts,
    add: async (part) => {
      await appendLine(journalPath(folder), part)
      parts.set(part.key, part)
    },
    finish: (seed) => finish(folder, { ...wanted, parts: [...parts.values()], seed }),
  }
}

/** Writes one example's picture; the file is whole and on the disk when the promise settles. */
export async function writeExample(
  folder: string,
  { id, label }: { readonly id: string; readonly label: DatasetLabel },
  bytes: Uint8Array,
): Promise<{ file: string; sha256: string }> {
  const file = `${label}/${id}.u8`
  await writeAtomic(join(folder, file), bytes)
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') }
}

interface Finished {
  readonly version: string
  readonly recipe: DatasetRecipe
  readonly parts: readonly Part[]
  readonly seed: number
}

async function finish(
  folder: string,
  { version, recipe, parts, seed }: Finished,
): Promise<DatasetManifest> {
  const drafts = parts.flatMap(({ examples }) => examples).sort((a, b) => (a.id < b.id ? -1 : 1))
  const units = splitUnits(drafts)
  const sides = splitNights(
    drafts.map(({ label }, i) => ({ label, night: units[i] ?? '' })),
    seed,
  )
  const manifest: DatasetManifest = {
    schema: datasetSchema,
    version,
    created: new Date().toISOString(),
    recipe,
    classes: datasetClasses,
    shape: datasetShape,
    evidence: parts[0]?.evidence ?? [],
    examples: drafts.map((draft, i) => ({ ...draft, split: sides.get(units[i] ?? '') ?? 'train' })),
  }
  await writeAtomic(manifestPath(folder), encodeManifest(manifest))
  await rm(journalPath(folder), { force: true })
  return manifest
}

interface Wanted {
  readonly version: string
  readonly recipe: DatasetRecipe
}

async function readComplete(folder: string, wanted: Wanted): Promise<DatasetManifest | undefined> {
  let text: string
  try {
    text = await readFile(manifestPath(folder), 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  const manifest: DatasetManifest = JSON.parse(text)
  if (!isDeepStrictEqual({ version: manifest.version, recipe: manifest.recipe }, wanted)) {
    throw otherSet(folder)
  }
  return manifest
}

async function readJournal(folder: string, wanted: Wanted): Promise<Part[]> {
  const present = await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [] as string[]
    throw error
  })
  if (!present.includes(journalName)) {
    // Its cache may be there: measurements are kept, whatever became of the set.
    if (present.some((name) => name !== '.cache')) throw otherSet(folder)
    return []
  }
  const [head, ...parts] = await readLines(journalPath(folder))
  if (!isDeepStrictEqual(head, wanted)) throw otherSet(folder)
  return parts as unknown as Part[]
}

const otherSet = (folder: string) =>
  new CliError(`${folder} holds something else, or a data set made otherwise`, {
    hint: 'choose an empty folder; nothing was written',
  })
