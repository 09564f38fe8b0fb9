import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ShardStore } from '../mapShards.ts'
import { failIo, unfinished, writeWhole } from './wholeFile.ts'

/** Shards as files of a folder, which is made when the first is written. */
export interface ShardFolder extends ShardStore {
  /** Removes all shards, and the folder where nothing else lies in it. */
  clear(): Promise<void>
}

const pattern = /^shard-\d{5,}-of-\d{5,}\.json/

/**
 * Keeps shards in a folder that all nodes see. At every moment each file is whole or not there, so two nodes may make
 * the same shard: the later one replaces the other's.
 * @throws DistributedError `IO` naming the file
 */
export function shardFolder(folder: string): ShardFolder {
  return {
    read: async (name) => {
      const path = join(folder, name)
      try {
        return await readFile(path)
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        failIo(path, cause)
      }
    },
    write: async (name, bytes) => {
      await mkdir(folder, { recursive: true }).catch((cause) => failIo(folder, cause))
      await writeWhole(join(folder, name), [bytes])
    },
    clear: async () => {
      const names = await readdir(folder).catch((cause) => {
        if (cause.code === 'ENOENT') return undefined
        failIo(folder, cause)
      })
      if (!names) return
      const ours = names.filter(
        (name) => pattern.test(name) && (name.endsWith('.json') || name.endsWith(unfinished)),
      )
      for (const name of ours) await rm(join(folder, name), { force: true })
      // Whatever else lies there is not ours to remove.
      if (ours.length === names.length) await rmdir(folder).catch(() => undefined)
    },
  }
}
