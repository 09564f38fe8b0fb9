import type { ShardPlan } from '../../../src/mapShards.ts'
import { shardFolder } from '../../../src/node/shardFolder.ts'

/** What a node tells the test. */
export interface NodeMessage {
  /** Shards finished so far. */
  readonly done: number
}

export const items = Array.from({ length: 24 }, (_, i) => i)

export const plan = (folder: string): ShardPlan<number> => ({
  ...{ store: shardFolder(folder), shards: 8, settings: 'doubled' },
})
