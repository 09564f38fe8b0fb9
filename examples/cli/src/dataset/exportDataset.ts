import { join } from 'node:path'
import { makeFolders, writeAtomic } from '../files/atomic.ts'
import { quote } from '../output/csv.ts'
import { encodePng } from '../picture/png.ts'
import { contactSheet, sheetExamples } from './contactSheet.ts'
import {
  type DatasetExample,
  type DatasetManifest,
  datasetClasses,
  datasetLabels,
} from './manifest.ts'
import { writeNpy } from './npy.ts'
import type { Dataset } from './openDataset.ts'

export type ExportFormat = 'png' | 'npy' | 'csv'

export interface ExportOptions {
  readonly format: ExportFormat
  /** Called after each example whose picture was read. */
  readonly onExample?: () => void
  readonly signal?: AbortSignal | undefined
}

/** Label of frames for review in `labels.npy`. */
const unlabelled = 255

/** Writes a data set in a form for people or for other tools; returns the files, relative to `folder`. */
export async function exportDataset(
  dataset: Dataset,
  folder: string,
  options: ExportOptions,
): Promise<string[]> {
  await makeFolders(folder)
  if (options.format === 'png') return writeSheets(dataset, folder, options)
  await writeAtomic(join(folder, 'examples.csv'), encodeExamples(dataset.manifest))
  return [
    'examples.csv',
    ...(options.format === 'npy' ? await writeArrays(dataset, folder, options) : []),
  ]
}

async function writeSheets(
  { manifest, read }: Dataset,
  folder: string,
  { onExample, signal }: ExportOptions,
): Promise<string[]> {
  const files: string[] = []
  const numbered = manifest.examples.map((example, index) => ({ example, index }))
  for (const label of datasetLabels) {
    const members = numbered.filter(({ example }) => example.label === label)
    for (let first = 0; first < members.length; first += sheetExamples) {
      const shown = []
      for (const { example, index } of members.slice(first, first + sheetExamples)) {
        signal?.throwIfAborted()
        shown.push({ example, bytes: await read(index) })
        onExample?.()
      }
      const file = `${label}-${String(first / sheetExamples + 1).padStart(3, '0')}.png`
      await writeAtomic(join(folder, file), encodePng({ ...contactSheet(shown), channels: 3 }))
      files.push(file)
    }
  }
  return files
}

/** Pictures, evidence and labels as three arrays, in the order of `examples.csv`. */
async function writeArrays(
  { manifest, read }: Dataset,
  folder: string,
  { onExample, signal }: ExportOptions,
): Promise<string[]> {
  const { examples, shape, evidence } = manifest
  const count = examples.length
  async function* pictures() {
    for (let index = 0; index < count; index++) {
      signal?.throwIfAborted()
      yield await read(index)
      onExample?.()
    }
  }
  const numbers = Float32Array.from(examples.flatMap((example) => example.evidence))
  const labels = Uint8Array.from(examples, ({ label }) =>
    label === 'review' ? unlabelled : datasetClasses.indexOf(label),
  )
  await writeNpy(join(folder, 'pictures.npy'), {
    ...{ type: '|u1', shape: [count, ...shape], pieces: pictures() },
  })
  await writeNpy(join(folder, 'evidence.npy'), {
    ...{ type: '<f4', shape: [count, evidence.length] },
    pieces: [new Uint8Array(numbers.buffer)],
  })
  await writeNpy(join(folder, 'labels.npy'), { type: '|u1', shape: [count], pieces: [labels] })
  return ['pictures.npy', 'evidence.npy', 'labels.npy']
}

const columns: Readonly<Record<string, (example: DatasetExample) => string | number>> = {
  id: ({ id }) => id,
  file: ({ file }) => file,
  label: ({ label }) => label,
  labelled_by: ({ labelledBy }) => labelledBy,
  flaws: ({ flaws }) => flaws.join(' '),
  split: ({ split }) => split,
  night: ({ night }) => night,
  session: ({ session }) => session,
  verdict: ({ prefilter }) => prefilter.verdict,
  score: ({ prefilter }) => prefilter.score,
  causes: ({ prefilter }) => prefilter.causes.map(({ kind }) => kind).join(' '),
  derived_from: ({ derivation }) => derivation?.from ?? '',
  sha256: ({ sha256 }) => sha256,
}

/** A table of the examples (RFC 4180), one column for each number of evidence after those of the example. */
export function encodeExamples({ examples, evidence }: DatasetManifest): string {
  const rows = examples.map((example) => [
    ...Object.values(columns).map((column) => column(example)),
    ...example.evidence,
  ])
  return [[...Object.keys(columns), ...evidence], ...rows]
    .map((row) => `${row.map(quote).join(',')}\r\n`)
    .join('')
}
