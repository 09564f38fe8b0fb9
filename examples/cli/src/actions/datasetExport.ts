import type { CommandContext } from '../commands/context.ts'
import { type ExportFormat, exportDataset } from '../dataset/exportDataset.ts'
import { openDataset } from '../dataset/openDataset.ts'
import { plural } from '../terminal/text.ts'

/** Options as they were typed. */
export interface DatasetExportFlags {
  readonly output: string
  readonly format: ExportFormat
  readonly json?: boolean
}

/** The work of `nebulift dataset export`. */
export async function datasetExport(
  { io, terminal }: CommandContext,
  folder: string,
  { output, format, json = false }: DatasetExportFlags,
): Promise<number> {
  const dataset = await openDataset(folder)
  const progress = terminal.progress('exporting', dataset.manifest.examples.length)
  try {
    const files = await exportDataset(dataset, output, {
      ...{ format, onExample: () => progress.advance(), signal: io.signal },
    })
    progress.stop()
    const some = files.length > 4 ? `${files[0]} to ${files.at(-1)}` : files.join(', ')
    terminal.print(
      json ? JSON.stringify(files) : `${plural(files.length, 'file')} in ${output}: ${some}`,
    )
  } finally {
    progress.stop()
  }
  return 0
}
