import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mapShards, mergeShards } from '../../src/mapShards.ts'
import { shardFolder } from '../../src/node/shardFolder.ts'
import { items, type NodeMessage, plan } from './shards/work.ts'

let root: string
let folder: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'shards-'))
  folder = join(root, 'deep', 'down')
})
afterEach(() => rm(root, { recursive: true, force: true }))

const expected = items.map((item) => ({ item, value: item * 2 })).map(asText)
function asText({ item, value }: { item: number; value: number }) {
  return { item: String(item), value }
}
const merged = () => mergeShards<number, number>(items, plan(folder))

/** A process that makes shards, and tells of every item. */
function startNode(rank: number, world: number, itemMs = 5) {
  const script = new URL('./shards/node.ts', import.meta.url)
  return fork(script, [folder, ...[rank, world, itemMs].map(String)])
}

describe('shardFolder', () => {
  it('keeps shards as files with the names that are promised, and clears only those', async () => {
    const store = shardFolder(folder)
    expect(await store.read('shard-00000-of-00002.json')).toBeUndefined()
    await store.clear()
    await mapShards(items, async (item) => item * 2, plan(folder))
    const names = (await readdir(folder)).sort()
    expect(names).toHaveLength(8)
    expect(names[3]).toBe('shard-00003-of-00008.json')
    await writeFile(join(folder, `${names[0]}.someone.part`), 'half')
    await writeFile(join(folder, 'notes.txt'), 'mine')
    await store.clear()
    expect(await readdir(folder)).toEqual(['notes.txt'])
    await rm(join(folder, 'notes.txt'))
    await store.write(names[0]!, new Uint8Array(3))
    await store.clear()
    expect(await readdir(join(root, 'deep'))).toEqual([])
  })

  it('makes a truncated file again', async () => {
    const work = async (item: number) => item * 2
    await mapShards(items, work, plan(folder))
    const path = join(folder, 'shard-00005-of-00008.json')
    const whole = await readFile(path)
    await truncate(path, whole.length - 2)
    expect((await merged()).missing).toEqual([{ shard: 5, reason: 'damaged' }])
    await mapShards(items, work, plan(folder))
    expect(await readFile(path)).toEqual(whole)
    expect((await merged()).outcomes).toEqual(expected)
  })

  it('names a place that cannot be', async () => {
    await writeFile(join(root, 'deep'), 'a file')
    const error = { code: 'IO', message: expect.stringContaining(folder) }
    await expect(shardFolder(folder).write('a', new Uint8Array())).rejects.toMatchObject(error)
    await expect(shardFolder(folder).read('a')).rejects.toMatchObject(error)
    await expect(shardFolder(folder).clear()).rejects.toMatchObject(error)
  })
})

describe('processes that make shards', () => {
  it('killed halfway, leave whole files; the next one makes what is missing', async () => {
    const child = startNode(0, 1, 100)
    await new Promise<void>((resolve) => {
      child.on('message', ({ done }: NodeMessage) => done === 3 && resolve())
    })
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    expect(await gone).toEqual([null, 'SIGKILL'])
    const { missing, outcomes } = await merged()
    expect(missing.length).toBeGreaterThan(0)
    expect(missing.every(({ reason }) => reason === 'missing')).toBe(true)
    expect(outcomes.length).toBeGreaterThanOrEqual(6)
    const asked: number[] = []
    const work = async (item: number) => {
      asked.push(item)
      return item * 2
    }
    await mapShards(items, work, plan(folder))
    expect(asked).toHaveLength(items.length - outcomes.length)
    expect(await merged()).toEqual({ outcomes: expected, missing: [] })
  })

  it('may make the same shards at the same time', async () => {
    const children = [startNode(0, 1), startNode(0, 1), startNode(1, 2)]
    const codes = await Promise.all(children.map((child) => once(child, 'exit')))
    expect(codes).toEqual(children.map(() => [0, null]))
    expect(await merged()).toEqual({ outcomes: expected, missing: [] })
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
  })
})
