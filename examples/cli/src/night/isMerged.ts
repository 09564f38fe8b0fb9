import { markOf } from '../files/identity.ts'
import { readManifest } from '../output/writeOutputs.ts'
import { readEntry, serves } from './cache.ts'
import type { FoundNight } from './runBatch.ts'

/** The night was judged whole, and each of its frames is measured as it is now or could not be measured then. */
export async function isMerged({ folders, frames, cache, picture }: FoundNight): Promise<boolean> {
  const manifest = await readManifest(folders.layout)
  if (!manifest?.complete) return false
  const failed = new Set(manifest.failed.map(({ file }) => file))
  for (const { file, path } of frames) {
    if (failed.has(file)) continue
    const mark = await markOf(path)
    const sha256 = mark && cache.knownHash(mark)
    if (sha256 === undefined) return false
    if (!serves(await readEntry(cache.folder, sha256), { picture })) return false
  }
  return true
}
