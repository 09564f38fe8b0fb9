import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { exportDataset } from '../../src/dataset/exportDataset.ts'
import { exampleBytes } from '../../src/dataset/manifest.ts'
import { openDataset } from '../../src/dataset/openDataset.ts'
import { statsOf } from '../../src/dataset/stats.ts'
import { nebulift, temporaryFolder } from '../helpers.ts'
import { draft, writeSet } from './sets.ts'

const set = () =>
  writeSet(temporaryFolder(), [
    draft('a', { night: 'one', evidence: [0.5, -1] }),
    draft('b', { night: 'two', label: 'contaminated', flaws: ['satellite', 'cloud'] }),
    draft('c', { night: 'three', label: 'contaminated', flaws: ['cloud'] }),
    draft('d', { night: 'three', label: 'review' }),
  ])

/** Header text and body of an .npy file. */
function npy(path: string) {
  const bytes = readFileSync(path)
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x93NUMPY\x01\x00', 'latin1'))
  const end = 10 + bytes.readUInt16LE(8)
  expect(end % 64).toBe(0)
  return { header: bytes.toString('latin1', 10, end).trimEnd(), body: bytes.subarray(end) }
}

describe('exportDataset', () => {
  it('writes arrays that NumPy reads, and a table in their order', async () => {
    const dataset = await openDataset(await set())
    const out = temporaryFolder()
    expect(await exportDataset(dataset, out, { format: 'npy' })).toEqual([
      ...['examples.csv', 'pictures.npy', 'evidence.npy', 'labels.npy'],
    ])
    const pictures = npy(join(out, 'pictures.npy'))
    expect(pictures.header).toBe(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 3, 224, 224), }",
    )
    expect(pictures.body.length).toBe(4 * exampleBytes)
    expect(pictures.body.subarray(exampleBytes, 2 * exampleBytes)).toEqual(
      Buffer.from(await dataset.read(1)),
    )
    const evidence = npy(join(out, 'evidence.npy'))
    expect(evidence.header).toContain("'<f4'")
    expect([evidence.body.readFloatLE(0), evidence.body.readFloatLE(4)]).toEqual([0.5, -1])
    const labels = npy(join(out, 'labels.npy'))
    expect(labels.header).toContain("'shape': (4,)")
    expect([...labels.body]).toEqual([0, 1, 1, 255])
    const rows = readFileSync(join(out, 'examples.csv'), 'utf8').trim().split('\r\n')
    expect(rows[0]).toMatch(/^id,file,label,.*,fwhm,stars$/)
    expect(rows[2]).toMatch(/^b,contaminated\/b\.u8,contaminated,truth,satellite cloud,/)
  })

  it('draws a sheet for each label', async () => {
    const out = temporaryFolder()
    const { code, out: said } = await nebulift(['dataset', 'export', await set(), '-o', out])
    expect(code).toBe(0)
    expect(said).toContain('3 files')
    const { width, height, channels } = decode(readFileSync(join(out, 'contaminated-001.png')))
    expect([width, height, channels]).toEqual([2 * 344 + 8, 142 + 8, 3])
  })
})

describe('statsOf', () => {
  it('counts labels, nights, flaws and equal pictures', async () => {
    const { manifest } = await openDataset(await set())
    expect(statsOf(manifest)).toMatchObject({
      examples: 4,
      labels: { clean: 1, contaminated: 2, review: 1 },
      flaws: { cloud: 2, satellite: 1 },
      labelledBy: { truth: 4 },
      imbalance: 2,
      duplicates: [],
    })
    const twice = manifest.examples.map((example) => ({ ...example, sha256: 'same' }))
    expect(statsOf({ ...manifest, examples: twice }).duplicates).toEqual([['a', 'b', 'c', 'd']])
  })

  it('has no imbalance to tell of one class alone', async () => {
    const { manifest } = await openDataset(await writeSet(temporaryFolder(), [draft('a')]))
    expect(statsOf(manifest).imbalance).toBeNull()
  })
})

describe('nebulift dataset stats', () => {
  it('prints a table, or JSON', async () => {
    const folder = await set()
    const { code, out } = await nebulift(['dataset', 'stats', folder])
    expect(code).toBe(0)
    expect(out).toContain('4 examples of 3 nights')
    expect(out).toContain('contaminated by: cloud 2, satellite 1')
    expect(out).toMatch(/note: .*not both classes/)
    const json = await nebulift(['dataset', 'stats', folder, '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ examples: 4 })
  })

  it('says where there is none', async () => {
    const { code, err } = await nebulift(['dataset', 'stats', temporaryFolder()])
    expect(code).toBe(1)
    expect(err).toContain('holds no data set')
    expect(err).toContain('nebulift dataset build')
  })
})
