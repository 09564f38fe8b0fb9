import { describe, expect, it } from 'vitest'
import { shardShare } from '../../src/cluster/shardShare.ts'

describe('shardShare', () => {
  it('is the shard that was asked for, before what the environment says', () => {
    const env = { RANK: '1', WORLD_SIZE: '2', JOB_COMPLETION_INDEX: '4' }
    expect(shardShare(env, 8, 3)).toEqual({ rank: 3, world: 8 })
  })

  it('is what a launcher or an Indexed Job says', () => {
    expect(shardShare({ JOB_COMPLETION_INDEX: '4' }, 8)).toEqual({ rank: 4, world: 8 })
    const env = { RANK: '1', WORLD_SIZE: '2', JOB_COMPLETION_INDEX: '4' }
    expect(shardShare(env, 8)).toEqual({ rank: 1, world: 2 })
    expect(shardShare({ RANK: '1', JOB_COMPLETION_INDEX: '0' }, 8)).toEqual({ rank: 0, world: 8 })
  })

  it.each([
    [{}, undefined, '--shards 8: which of them?'],
    [{}, 8, '--shard-index 8: wanted a whole number from 0 to 7'],
    [
      { JOB_COMPLETION_INDEX: '9' },
      undefined,
      'JOB_COMPLETION_INDEX 9: wanted a whole number from 0 to 7',
    ],
    [{ JOB_COMPLETION_INDEX: '-1' }, undefined, 'JOB_COMPLETION_INDEX -1: wanted a whole number'],
    [{ RANK: '2', WORLD_SIZE: '2' }, undefined, 'RANK 2: wanted a whole number from 0 to 1'],
    [{ RANK: '0', WORLD_SIZE: 'all' }, undefined, 'WORLD_SIZE all: wanted a whole number'],
  ])('%j and index %s: never start it again', (env, index, message) => {
    expect(() => shardShare(env, 8, index)).toThrow(message)
    expect(() => shardShare(env, 8, index)).toThrow(expect.objectContaining({ exitCode: 42 }))
  })
})
