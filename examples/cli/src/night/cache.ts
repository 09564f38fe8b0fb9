import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { measurementVersion } from '@nebulift/prefilter'
import { errorCode } from '../errors.ts'
import { sweepParts, writeAtomic } from '../files/atomic.ts'
import type { FileMark } from '../files/identity.ts'
import { appendLine, readLines } from '../files/lines.ts'
import type { JudgedFile } from '../frame/judgeFile.ts'
import { readingVersion } from '../frame/readFrame.ts'
import { version } from '../version.ts'

/** Measurements kept between runs, by the content of the file. */
export interface FrameCache {
  /** Folder of the entries; workers read it too. */
  readonly folder: string
  /** Hash of a file that has not changed since it was last seen. */
  knownHash(mark: FileMark): string | undefined
  /** Stores a measurement, but not which file it belongs to. */
  keep(sha256: string, judged: JudgedFile): Promise<void>
  /** Stores a measurement and, for the next run, which file it belongs to. */
  store(mark: FileMark, sha256: string, judged: JudgedFile): Promise<void>
  /** Notes a file whose measurement is already there. */
  remember(mark: FileMark, sha256: string): Promise<void>
}

const indexName = 'index.jsonl'

const markKey = (mark: FileMark) => `${mark.dev}:${mark.ino}:${mark.size}:${mark.mtimeNs}`

/** Other versions read or measure otherwise, and another HDU is another picture. */
function edition(hdu: number | undefined): string {
  return `${version}-${readingVersion}-${measurementVersion}${hdu === undefined ? '' : `-hdu${hdu}`}`
}

export interface CacheOptions {
  /** HDU that was asked for. */
  readonly hdu?: number | undefined
  /** Others write there at this moment: nothing is removed. Default false. */
  readonly shared?: boolean
}

/** Opens the cache in a folder; entries of other versions are removed, and what a killed run left unfinished. */
export async function openCache(
  root: string,
  { hdu, shared = false }: CacheOptions = {},
): Promise<FrameCache> {
  const folder = join(root, edition(hdu))
  await mkdir(folder, { recursive: true })
  if (!shared) await sweep(root, folder)
  const indexPath = join(root, indexName)
  const known = await readIndex(root)
  const keep = (sha256: string, judged: JudgedFile) =>
    writeAtomic(join(folder, `${sha256}.json`), encodeEntry(sha256, judged))
  const remember = async (mark: FileMark, sha256: string) => {
    if (known.get(markKey(mark)) === sha256) return
    known.set(markKey(mark), sha256)
    // Losing a line costs one reading of a file: not worth waiting for the disk.
    await appendLine(indexPath, { mark: markKey(mark), sha256 }, { sync: false })
  }
  return {
    folder,
    knownHash: (mark) => known.get(markKey(mark)),
    keep,
    store: async (mark, sha256, judged) => {
      await keep(sha256, judged)
      await remember(mark, sha256)
    },
    remember,
  }
}

async function sweep(root: string, folder: string): Promise<void> {
  for (const name of await readdir(root)) {
    const sameVersion = name.startsWith(`${edition(undefined)}-hdu`) || name === edition(undefined)
    if (!sameVersion && name !== indexName) {
      await rm(join(root, name), { recursive: true, force: true })
    }
  }
  await sweepParts(folder)
}

async function readIndex(root: string): Promise<Map<string, string>> {
  const known = new Map<string, string>()
  for (const { mark, sha256 } of await readLines(join(root, indexName))) {
    if (typeof mark === 'string' && typeof sha256 === 'string') known.set(mark, sha256)
  }
  return known
}

/** Looks into the cache of earlier runs without changing it: hashes of files that have not changed since. */
export async function knownHashes(root: string): Promise<FrameCache['knownHash']> {
  const known = await readIndex(root)
  return (mark) => known.get(markKey(mark))
}

/** What an earlier run, of whichever HDU, kept of a content. */
export async function findEntries(root: string, sha256: string): Promise<JudgedFile[]> {
  const names = await readdir(root).catch(() => [] as string[])
  const folders = names.filter((name) => name !== indexName).map((name) => join(root, name))
  const entries = await Promise.all(folders.map((folder) => readEntry(folder, sha256)))
  return entries.filter((entry) => entry !== undefined)
}

function encodeEntry(sha256: string, judged: JudgedFile): string {
  const { preview, picture, ...plain } = judged
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return JSON.stringify({
    sha256,
    ...plain,
    ...(preview && { preview: { ...preview, bytes: text(preview.bytes) } }),
    ...(picture && { picture: text(picture) }),
  })
}

/** Whether what is cached has all that is wanted now. A frame without numbers has no picture to wait for. */
export function serves(
  judged: JudgedFile | undefined,
  { picture = false }: { readonly picture?: boolean },
): judged is JudgedFile {
  if (!judged) return false
  return !picture || judged.picture !== undefined || judged.measurement.background.rms === 0
}

/** The measurement of a content, or `undefined`: missing, damaged or of another version. */
export async function readEntry(folder: string, sha256: string): Promise<JudgedFile | undefined> {
  try {
    const entry = JSON.parse(await readFile(join(folder, `${sha256}.json`), 'utf8'))
    if (entry.sha256 !== sha256 || entry.measurement?.version !== measurementVersion) return
    const { sha256: _, ...judged } = entry
    if (judged.picture) judged.picture = new Uint8Array(Buffer.from(judged.picture, 'base64'))
    if (judged.preview) judged.preview.bytes = Buffer.from(judged.preview.bytes, 'base64')
    return judged
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || errorCode(error)) return
    throw error
  }
}
