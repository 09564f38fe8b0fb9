import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { planNight, simulateFrame } from '@nebulift/simulator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { labelByTruth } from '../../src/dataset/labels.ts'
import { exampleBytes } from '../../src/dataset/manifest.ts'
import { openDataset } from '../../src/dataset/openDataset.ts'
import { pictureBytes } from '../../src/dataset/picture.ts'
import { simulateDataset } from '../../src/dataset/simulateDataset.ts'
import { nebulift, temporaryFolder } from '../helpers.ts'

const small = { nights: 3, frames: 4, seed: 3, width: 192, height: 160, jobs: 2 }
const folder = mkdtempSync(join(tmpdir(), 'nebulift-test-'))

beforeAll(() => simulateDataset(folder, small))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('simulateDataset', () => {
  it('writes every frame once, where its label says', async () => {
    const { manifest, read } = await openDataset(folder)
    expect(manifest.examples).toHaveLength(small.nights * small.frames)
    for (const [index, { file, label, evidence }] of manifest.examples.entries()) {
      expect(file.startsWith(`${label}/`)).toBe(true)
      expect(evidence).toHaveLength(manifest.evidence.length)
      expect(await read(index)).toHaveLength(exampleBytes)
    }
    expect(readdirSync(folder).sort()).toEqual(['clean', 'contaminated', 'dataset.json', 'review'])
  })

  it('obeys its published schema', () => {
    const schema = JSON.parse(
      readFileSync(new URL('../../dataset.schema.json', import.meta.url), 'utf8'),
    )
    const ajv = new Ajv2020({ strict: true, allErrors: true })
    const obeys = ajv.validate(
      schema,
      JSON.parse(readFileSync(join(folder, 'dataset.json'), 'utf8')),
    )
    expect(ajv.errors).toBeNull()
    expect(obeys).toBe(true)
  })

  it('says how to make each example again', async () => {
    const { manifest, read } = await openDataset(folder)
    const { origin, label } = manifest.examples[5]!
    if (origin.kind !== 'simulated') throw new Error('internal: wanted a simulated frame')
    const { frames, width, height } = small
    const spec = planNight({ seed: origin.seed, frames, width, height })[origin.index]!
    const { plane, truth } = simulateFrame(spec)
    expect(Buffer.from(await read(5)).equals(pictureBytes(plane))).toBe(true)
    expect(label).toBe(labelByTruth(truth))
  })

  it('keeps each night on one side, and leaves none empty', async () => {
    const { manifest } = await openDataset(folder)
    const sides = new Map(manifest.examples.map(({ night, split }) => [night, split]))
    for (const { night, split } of manifest.examples) expect(split).toBe(sides.get(night))
    expect(new Set(sides.values()).size).toBe(3)
  })

  it('goes on where it was interrupted, with equal bytes', async () => {
    const other = temporaryFolder()
    const stop = new AbortController()
    const begun = simulateDataset(other, { ...small, jobs: 1, signal: stop.signal, onFrames })
    let seen = 0
    function onFrames(count: number) {
      seen += count
      if (seen > small.frames) stop.abort()
    }
    await expect(begun).rejects.toThrow()
    await expect(openDataset(other)).rejects.toThrow('holds no finished data set')
    const { examples } = await simulateDataset(other, small)
    expect(examples).toEqual((await openDataset(folder)).manifest.examples)
  })

  it('does nothing twice, and nothing over something else', async () => {
    const before = readFileSync(join(folder, 'dataset.json'), 'utf8')
    await simulateDataset(folder, small)
    expect(readFileSync(join(folder, 'dataset.json'), 'utf8')).toBe(before)
    await expect(simulateDataset(folder, { ...small, seed: 4 })).rejects.toThrow(
      'holds something else, or a data set made otherwise',
    )
  })
})

describe('openDataset', () => {
  it('names what is damaged', async () => {
    const { manifest, read } = await openDataset(folder)
    const path = join(folder, manifest.examples[0]!.file)
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, 100))
    await expect(read(0)).rejects.toThrow(`${path}: holds 100 bytes, wanted ${exampleBytes}`)
    writeFileSync(
      path,
      whole.map((byte, i) => (i === 7 ? byte ^ 1 : byte)),
    )
    await expect(read(0)).rejects.toThrow('its bytes are not those that were written')
    rmSync(path)
    await expect(read(0)).rejects.toThrow('no such file')
    writeFileSync(path, whole)
    await expect(read(99)).rejects.toThrow('example must be from 0 to 11, got 99')
  })

  it.each<[string, string]>([
    ['{', 'is no JSON'],
    ['{"schema": "other/1"}', 'has schema other/1, wanted nebulift.dataset/1'],
    ['{"schema": "nebulift.dataset/1"}', 'lacks shape, evidence or examples'],
  ])('refuses %s', async (text, message) => {
    const other = temporaryFolder()
    writeFileSync(join(other, 'dataset.json'), text)
    await expect(openDataset(other)).rejects.toThrow(message)
  })
})

describe('nebulift dataset simulate', () => {
  it('prints what was made', async () => {
    const argv = ['dataset', 'simulate', '-o', folder, '--nights', '3', '--frames', '4']
    const options = ['--seed', '3', '--size', '192x160']
    const { code, out } = await nebulift([...argv, ...options])
    expect(code).toBe(0)
    expect(out).toContain(`12 examples of 3 nights in ${folder}`)
    const json = await nebulift([...argv, ...options, '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ examples: 12, labelledBy: { truth: 12 } })
  })

  it('wants a folder', async () => {
    const { code, err } = await nebulift(['dataset', 'simulate'])
    expect(code).toBe(2)
    expect(err).toContain("required option '-o, --output <folder>' not specified")
    expect(err).toContain('Hint: see nebulift dataset simulate --help')
  })
})
