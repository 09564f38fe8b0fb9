import { createHash } from 'node:crypto'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError, describeError, errorCode } from '../errors.ts'
import {
  type DatasetManifest,
  datasetLabels,
  datasetSchema,
  datasetSplits,
  exampleBytes,
} from './manifest.ts'
import { journalPath, manifestPath } from './store.ts'

/** A data set that is read. */
export interface Dataset {
  readonly folder: string
  readonly manifest: DatasetManifest
  /** The picture of an example by its place in `manifest.examples`; checked against its hash. */
  read(index: number): Promise<Uint8Array>
}

/** Opens a finished data set; says what is wrong with one that is damaged, foreign or unfinished. */
export async function openDataset(folder: string): Promise<Dataset> {
  const manifest = checked(folder, await readManifest(folder))
  return {
    folder,
    manifest,
    read: async (index) => {
      const example = manifest.examples[index]
      if (!example) {
        const { length } = manifest.examples
        throw new RangeError(`example must be from 0 to ${length - 1}, got ${index}`)
      }
      const path = join(folder, example.file)
      const bytes = await readFile(path).catch((error: unknown) => {
        throw new CliError(`${path}: ${describeError(error)}`, { cause: error })
      })
      if (bytes.length !== exampleBytes) {
        throw new CliError(`${path}: holds ${bytes.length} bytes, wanted ${exampleBytes}`)
      }
      if (createHash('sha256').update(bytes).digest('hex') !== example.sha256) {
        throw new CliError(`${path}: its bytes are not those that were written`)
      }
      return bytes
    },
  }
}

async function readManifest(folder: string): Promise<unknown> {
  const path = manifestPath(folder)
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(folder, 'is no JSON')
    if (errorCode(error) !== 'ENOENT') {
      throw new CliError(`${path}: ${describeError(error)}`, { cause: error })
    }
    const unfinished = await access(journalPath(folder)).then(
      () => true,
      () => false,
    )
    const hint = unfinished
      ? 'it was interrupted; run the command that makes it again to finish it'
      : 'make one: nebulift dataset build, or nebulift dataset simulate'
    throw new CliError(`${folder} holds no ${unfinished ? 'finished ' : ''}data set`, { hint })
  }
}

/** What every reader rests on; the whole form is `dataset.schema.json`. */
function checked(folder: string, value: unknown): DatasetManifest {
  const manifest = value as DatasetManifest
  if (manifest?.schema !== datasetSchema) {
    throw damaged(folder, `has schema ${manifest?.schema}, wanted ${datasetSchema}`)
  }
  const { shape, evidence, examples } = manifest
  if (![shape, evidence, examples].every(Array.isArray)) {
    throw damaged(folder, 'lacks shape, evidence or examples')
  }
  const bytes = shape.reduce((product, side) => product * side, 1)
  if (bytes !== exampleBytes) {
    throw damaged(folder, `has pictures of ${shape.join(' x ')}, wanted ${exampleBytes} bytes`)
  }
  for (const { id, label, split, evidence: numbers } of examples) {
    if (!datasetLabels.includes(label)) throw damaged(folder, `${id} has label ${label}`)
    if (!datasetSplits.includes(split)) throw damaged(folder, `${id} has split ${split}`)
    if (numbers?.length !== evidence.length) {
      const got = numbers?.length ?? 0
      throw damaged(folder, `${id} has ${got} numbers of evidence, wanted ${evidence.length}`)
    }
  }
  return manifest
}

const damaged = (folder: string, what: string) => new CliError(`${manifestPath(folder)}: ${what}`)
