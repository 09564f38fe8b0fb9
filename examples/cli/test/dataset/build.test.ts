import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuiltDataset, buildDataset } from '../../src/dataset/buildDataset.ts'
import { labelByTruth } from '../../src/dataset/labels.ts'
import { openDataset } from '../../src/dataset/openDataset.ts'
import { pictureBytes } from '../../src/dataset/picture.ts'
import { readFrame } from '../../src/frame/readFrame.ts'
import { fillBad, simulateInto } from '../frames.ts'
import { nebulift, temporaryFolder } from '../helpers.ts'

const work = mkdtempSync(join(tmpdir(), 'nebulift-test-'))
const set = join(work, 'set')
const options = { inject: 3, seed: 2, jobs: 2 }
let frames: string
let built: BuiltDataset

beforeAll(async () => {
  frames = await simulateInto(work)
  // A copy of a frame, and one of each kind of bad file.
  cpSync(join(frames, 'light-0001.fits'), join(frames, 'light-0001-copy.fits'))
  fillBad(frames)
  built = await buildDataset(frames, set, { ...options, labels: join(frames, 'truth.json') })
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

describe('buildDataset', () => {
  it('makes one picture of each frame that is one, and tells of the others', async () => {
    const { manifest, read } = await openDataset(set)
    expect(manifest).toEqual(built.manifest)
    const plain = manifest.examples.filter(({ derivation }) => !derivation)
    expect(plain).toHaveLength(6)
    expect(new Set(plain.map(({ origin }) => origin.kind))).toEqual(new Set(['file']))
    expect(built.failures.map(({ file }) => file).sort()).toEqual([
      ...['empty.fits', 'table.fits', 'text.fits', 'truncated.fits'],
    ])
    const first = manifest.examples[0]!
    const path = first.origin.kind === 'file' ? first.origin.path : ''
    const { plane } = await readFrame(path)
    expect(Buffer.from(await read(0)).equals(pictureBytes(plane))).toBe(true)
  })

  it('takes the truth for the label, and keeps what the prefilter said', () => {
    const truth = JSON.parse(readFileSync(join(frames, 'truth.json'), 'utf8'))
    for (const { file, truth: known } of truth.frames) {
      const example = built.manifest.examples.find(({ id }) => `${id}.fits` === file)!
      expect(example.labelledBy).toBe('truth')
      expect(example.label).toBe(labelByTruth(known))
      expect(example.flaws).toEqual(known.labels)
      expect(example.prefilter.score).toBeGreaterThanOrEqual(0)
    }
  })

  it('lays trails over clean frames that count as flaws', async () => {
    const derived = built.manifest.examples.filter(({ derivation }) => derivation)
    expect(derived).toHaveLength(options.inject)
    for (const { derivation, label, night, split, sha256, flaws } of derived) {
      const base = built.manifest.examples.find(({ id }) => id === derivation!.from)!
      expect(base.label).toBe('clean')
      expect(label).toBe('contaminated')
      expect({ night, split }).toEqual({ night: base.night, split: base.split })
      expect(sha256).not.toBe(base.sha256)
      expect(derivation!.trails.some(({ labelled }) => labelled)).toBe(true)
      expect(flaws).not.toEqual([])
    }
  })

  it('obeys the published schema', () => {
    const read = (path: string | URL) => JSON.parse(readFileSync(path, 'utf8'))
    const schema = read(new URL('../../dataset.schema.json', import.meta.url))
    const ajv = new Ajv2020({ strict: true, allErrors: true })
    ajv.validate(schema, read(join(set, 'dataset.json')))
    expect(ajv.errors).toBeNull()
  })

  it('is the same when made again, and does nothing where it is there', async () => {
    const again = join(temporaryFolder(), 'again')
    const labels = join(frames, 'truth.json')
    const { manifest } = await buildDataset(frames, again, { ...options, labels, jobs: 1 })
    expect(manifest.examples).toEqual(built.manifest.examples)
    const { manifest: kept } = await buildDataset(frames, set, { ...options, labels })
    expect(kept.created).toBe(built.manifest.created)
  })
})

describe('nebulift dataset build', () => {
  it('labels by verdict and score, and says what could not be read', async () => {
    const out = join(temporaryFolder(), 'set')
    const {
      code,
      out: said,
      err,
    } = await nebulift(['dataset', 'build', frames, '-o', out, '--json'])
    expect(code).toBe(1)
    expect(err).toContain('truncated.fits')
    expect(JSON.parse(said)).toMatchObject({ examples: 6, labelledBy: { prefilter: 6 } })
  })

  it.each([
    [['--clean-threshold', '2'], 2, 'Wanted a number from 0 to 1.'],
    [['--clean-threshold', '0.2'], 2, 'must exceed --contaminated-threshold, got 0.2 and 0.3'],
    [['--labels', 'nowhere.json'], 2, 'nowhere.json: no such file or folder'],
  ])('refuses %j', async (more, wanted, message) => {
    const out = join(temporaryFolder(), 'set')
    const { code, err } = await nebulift(['dataset', 'build', frames, '-o', out, ...more])
    expect(code).toBe(wanted)
    expect(err).toContain(message)
  })

  it('refuses labels of other frames', async () => {
    const folder = temporaryFolder()
    const labels = join(folder, 'truth.json')
    const other = [{ file: 'other.fits', truth: { clean: true, labels: [] } }]
    writeFileSync(labels, JSON.stringify({ schema: 'nebulift.truth/1', frames: other }))
    await expect(buildDataset(frames, join(folder, 'set'), { labels })).rejects.toThrow(
      `${labels} names none of the frames in ${frames}`,
    )
  })

  it('writes over nothing', async () => {
    const out = temporaryFolder()
    writeFileSync(join(out, 'notes.txt'), 'mine')
    const { code, err } = await nebulift(['dataset', 'build', frames, '-o', out])
    expect(code).toBe(1)
    expect(err).toContain('choose an empty folder')
  })

  it('wants frames', async () => {
    const { code, err } = await nebulift(['dataset', 'build', temporaryFolder(), '-o', work])
    expect(code).toBe(1)
    expect(err).toContain('holds no FITS files')
  })
})
