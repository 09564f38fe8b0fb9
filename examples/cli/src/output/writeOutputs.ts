import { readFile } from 'node:fs/promises'
import { errorCode } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import type { Layout } from '../night/layout.ts'
import type { Preview } from '../picture/index.ts'
import { renderReport } from '../report/index.ts'
import { encodeCsv } from './csv.ts'
import { type Manifest, manifestSchema } from './manifest.ts'
import { reportNight } from './reportNight.ts'

/** Writes `manifest.json`. */
export async function writeManifestJson(layout: Layout, manifest: Manifest): Promise<void> {
  await writeAtomic(layout.manifest, `${JSON.stringify(manifest, null, 1)}\n`)
}

/** Writes `manifest.json` and `manifest.csv`. */
export async function writeManifest(layout: Layout, manifest: Manifest): Promise<void> {
  await writeManifestJson(layout, manifest)
  await writeAtomic(layout.csv, encodeCsv(manifest.frames))
}

/** Writes `report.html`. */
export async function writeReport(
  layout: Layout,
  manifest: Manifest,
  previews: ReadonlyMap<string, Preview>,
): Promise<void> {
  await writeAtomic(layout.report, renderReport(reportNight(manifest, previews)))
}

/** The manifest of the last run; `undefined` where there is none that can be read. */
export async function readManifest(layout: Layout): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(layout.manifest, 'utf8'))
    return manifest?.schema === manifestSchema ? (manifest as Manifest) : undefined
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
