import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../errors.ts'
import type { Layout } from './layout.ts'

/** Files of the finished shards of a night that is cut into so many, by their index. */
export async function shardFiles(
  layout: Layout,
  shards: number,
): Promise<ReadonlyMap<number, string>> {
  const names = await readdir(layout.shards).catch((error) => {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  })
  const files = new Map<number, string>()
  for (const name of names) {
    const [, index, count] = /^shard-(\d+)-of-(\d+)\.json$/.exec(name) ?? []
    if (Number(count) === shards) files.set(Number(index), join(layout.shards, name))
  }
  return files
}

/** What the first line of a shard's file says it was made with; `undefined` where it cannot be read. */
export async function settingsOf(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    const { settings } = JSON.parse(text.slice(0, text.indexOf('\n')))
    return typeof settings === 'string' ? settings : undefined
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}
