import { hashFile } from '../files/identity.ts'
import { type JudgedFile, judgeFile } from '../frame/judgeFile.ts'
import { readEntry, serves } from './cache.ts'
import { answerTasks } from './workerAnswer.ts'

/** One file to be measured. */
export interface MeasureTask {
  readonly path: string
  readonly hdu?: number
  /** Longer side of the preview; 0 for none. */
  readonly previewPx?: number
  /** Also render the network's view. */
  readonly picture?: boolean
  /** Folder of cached measurements; absent where nothing is cached. */
  readonly cacheFolder?: string
}

export interface MeasureResult {
  readonly judged: JudgedFile
  /** Of the file's bytes; empty where nothing is cached. */
  readonly sha256: string
  /** The content was measured before, under another name or date. */
  readonly cached: boolean
}

answerTasks(async ({ path, cacheFolder, ...options }: MeasureTask) => {
  const sha256 = cacheFolder === undefined ? '' : await hashFile(path)
  const entry = cacheFolder === undefined ? undefined : await readEntry(cacheFolder, sha256)
  const cached = serves(entry, options) ? entry : undefined
  const judged = cached ?? (await judgeFile(path, options))
  const result: MeasureResult = { judged, sha256, cached: cached !== undefined }
  return result
})
