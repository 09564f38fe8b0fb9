import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFits, readPlane } from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { csvColumns } from '../../src/output/csv.ts'
import type { Manifest, ManifestFrame } from '../../src/output/manifest.ts'
import { badFrames, fillBad, fitsOf, simulateInto, sky, smallNight } from '../frames.ts'
import { fill, nebulift, temporaryFolder } from '../helpers.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../manifest.schema.json', import.meta.url), 'utf8'),
)
const ajv = new Ajv2020({ allowUnionTypes: true })
const isManifest = ajv.compile(schema)
const isFrame = ajv.compile({ $ref: `${schema.$id}#/$defs/frame` })

let night: string
let folder: string
let frames: string
let out: string
beforeAll(async () => {
  night = mkdtempSync(join(tmpdir(), 'nebulift-night-'))
  await simulateInto(night)
})
afterAll(() => rmSync(night, { recursive: true }))
beforeEach(() => {
  folder = temporaryFolder()
  frames = join(folder, 'frames')
  out = join(folder, 'sorted')
  cpSync(join(night, 'frames'), frames, { recursive: true })
})

const manifestOf = (): Manifest => JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))
const cacheEntries = () => {
  const cache = join(out, '.nebulift/cache')
  const [edition = ''] = readdirSync(cache).filter((name) => name !== 'index.jsonl')
  return readdirSync(join(cache, edition)).map((name) => join(cache, edition, name))
}

describe('batch', () => {
  it('judges, explains and sorts a night; the manifest keeps to its schema', async () => {
    const { code, out: text, err } = await nebulift(['batch', frames, out, '--json'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const manifest: Manifest = JSON.parse(text)
    expect(isManifest(manifest), ajv.errorsText(isManifest.errors)).toBe(true)
    expect(undocumented(manifest)).toEqual([])
    expect(manifest).toEqual(manifestOf())
    expect(manifest).toMatchObject({ input: frames, action: 'link', complete: true, failed: [] })
    expect(manifest.frames.map(({ file }) => file)).toEqual(
      Array.from({ length: smallNight.frames }, (_, i) => `light-000${i + 1}.fits`),
    )
    for (const { file, verdict, sorted } of manifest.frames) {
      expect(sorted).toBe(`${verdict}/${file}`)
      expect(statSync(join(out, `${sorted}`)).ino).toBe(statSync(join(frames, file)).ino)
    }
    expect(manifest.sessions).toMatchObject([{ frames: smallNight.frames }])
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('light-0001.fits')
    const [names, ...rows] = readFileSync(join(out, 'manifest.csv'), 'utf8').trim().split('\r\n')
    expect(names).toBe(csvColumns.join(','))
    expect(rows).toHaveLength(smallNight.frames)
    expect(leftOvers(folder)).toEqual([])
  })

  it('prints a summary for people', async () => {
    const { code, out: text } = await nebulift(['batch', frames, out, '--action', 'report'])
    expect(code).toBe(0)
    expect(text).toContain('6 frames in 1 session')
    expect(text).toMatch(/ {2}clean +\d/)
    expect(text).toContain('6 measured now')
    expect(text).toContain(join(out, 'report.html'))
    expect(existsSync(join(out, 'clean'))).toBe(false)
  })

  it('measures only what is new', async () => {
    const measured = async () => {
      const { out: text } = await nebulift(['batch', frames, out, '--jobs', '2'])
      return Number(/(\d+) measured now/.exec(text)?.[1])
    }
    expect(await measured()).toBe(6)
    expect(await measured()).toBe(0)
    // The same content under another name or date is known.
    renameSync(join(frames, 'light-0001.fits'), join(frames, 'light-9.fits'))
    utimesSync(join(frames, 'light-0002.fits'), 1e9, 1e9)
    expect(await measured()).toBe(0)
    expect(manifestOf().frames.at(-1)?.file).toBe('light-9.fits')
    // Damaged entries are measured again.
    const [damaged = '', foreign = ''] = cacheEntries()
    writeFileSync(damaged, '{ "half')
    writeFileSync(foreign, '{"sha256":"another"}')
    expect(await measured()).toBe(2)
    fill(frames, { 'new.fits': fitsOf(sky(320 * 256), [320, 256]) })
    expect(await measured()).toBe(1)
    // Of other versions nothing stays.
    mkdirSync(join(out, '.nebulift/cache/0.0.0-0'))
    await measured()
    expect(existsSync(join(out, '.nebulift/cache/0.0.0-0'))).toBe(false)
  })

  it('names each bad file in one line, and judges the others', async () => {
    fillBad(frames)
    const { code, out: text, err } = await nebulift(['batch', frames, out, '--json'])
    expect(code).toBe(1)
    const manifest: Manifest = JSON.parse(text)
    expect(isManifest(manifest), ajv.errorsText(isManifest.errors)).toBe(true)
    expect(manifest.failed.map(({ file }) => file).sort()).toEqual(badFrames.unreadable)
    const lines = err.trim().split('\n')
    expect(lines).toHaveLength(badFrames.unreadable.length)
    for (const file of badFrames.unreadable) {
      expect(lines.filter((line) => line.startsWith(`error: ${file}: `))).toHaveLength(1)
    }
    for (const file of badFrames.corrupt) {
      const frame = manifest.frames.find((each) => each.file === file)
      expect(frame).toMatchObject({ file, verdict: 'review', causes: [{ kind: 'corrupt' }] })
    }
    expect(manifest.frames).toHaveLength(smallNight.frames + badFrames.corrupt.length)
  })

  it('lists calibration frames and judges them not', async () => {
    const flat = (kind: string) => fitsOf(sky(96 * 96), [96, 96], [['IMAGETYP', kind]])
    const calibration = join(folder, 'calibration')
    fill(calibration, {
      'b.fits': flat('Bias Frame'),
      'd.fits': flat('DARK'),
      'f.fits': flat('Flat'),
    })
    const { code, out: text } = await nebulift(['batch', calibration, out])
    expect(code).toBe(0)
    expect(text).toContain(
      '3 calibration frames (1 bias, 1 dark, 1 flat) not judged as pictures of the sky.',
    )
    expect(text).toContain('There is no light frame in this folder.')
    expect(manifestOf()).toMatchObject({
      frames: [],
      calibration: [
        { file: 'b.fits', kind: 'bias' },
        { file: 'd.fits', kind: 'dark' },
        { file: 'f.fits', kind: 'flat' },
      ],
    })
  })

  it('moves and undoes; the manifest stays true', async () => {
    const names = readdirSync(frames)
    expect((await nebulift(['batch', frames, out, '--action', 'move'])).code).toBe(0)
    expect(readdirSync(frames)).toEqual(['truth.json'])
    const again = await nebulift(['batch', frames, out, '--action', 'move'])
    expect(again.out).toContain('6 frames in 1 session')
    expect(again.out).toContain('0 measured now')
    const { code, out: text } = await nebulift(['undo', out])
    expect({ code, text }).toEqual({
      code: 0,
      text: `6 frames moved back, 0 links and copies removed\nreport, manifest, masks and cache stay in ${out}\n`,
    })
    expect(readdirSync(frames)).toEqual(names)
    for (const name of ['report.html', 'manifest.json', '.nebulift/cache'])
      expect(existsSync(join(out, name))).toBe(true)
    expect(manifestOf().frames.map(({ sorted }) => sorted)).toEqual(Array(6).fill(null))
    expect((await nebulift(['undo', frames])).code).toBe(2)
  })

  it('logs what was measured and why, one JSON object a line', async () => {
    const argv = ['batch', frames, out, '--verbose', '--log', 'json']
    const { err } = await nebulift(argv)
    const lines = err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const of = (file: string) => lines.filter((line) => line.file === file)
    expect(of('light-0001.fits')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ level: 'debug', cached: false, stars: expect.anything() }),
        expect.objectContaining({ verdict: expect.any(String), causes: expect.any(Array) }),
      ]),
    )
    const { err: second } = await nebulift(['--verbose', ...argv.slice(0, 3)])
    expect(second).toContain('6 files found, 6 of them measured before')
  })

  it('stops when told, and loses no complete manifest by it', async () => {
    const signal = AbortSignal.abort()
    const first = await nebulift(['batch', frames, out], { signal })
    expect(first).toEqual({
      code: 130,
      out: '',
      err: 'warning: interrupted after 0 frames; run the same command again to go on\n',
    })
    expect(manifestOf()).toMatchObject({ complete: false, frames: [] })
    await nebulift(['batch', frames, out])
    fill(frames, { 'new.fits': fitsOf(sky(96 * 96), [96, 96]) })
    expect((await nebulift(['batch', frames, out], { signal })).code).toBe(130)
    expect(manifestOf()).toMatchObject({ complete: true })
    expect((await nebulift(['undo', out], { signal })).code).toBe(130)
    expect(existsSync(join(out, 'clean'))).toBe(true)
    expect((await nebulift(['analyze', join(frames, 'new.fits')], { signal })).code).toBe(130)
    expect((await nebulift(['inspect', join(frames, 'new.fits')], { signal })).code).toBe(130)
  })

  it('names at most five failures in the summary, and what could not be undone', async () => {
    fill(frames, Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`x${n}.fits`, ''])))
    const { out: text } = await nebulift(['batch', frames, out])
    expect(text).toContain('7 failures: x1.fits, x2.fits, x3.fits, x4.fits, x5.fits and 2 more')
    rmSync(join(frames, 'light-0001.fits'))
    const undone = await nebulift(['undo', out])
    expect(undone.code).toBe(1)
    expect(undone.err).toMatch(/^error: light-0001.fits: .* is the only copy left/)
  })

  it('refuses folders in one line', async () => {
    const missing = await nebulift(['batch', join(folder, 'none'), out])
    expect(missing).toEqual({
      code: 2,
      out: '',
      err: `error: ${join(folder, 'none')}: no such file or folder\n`,
    })
    expect((await nebulift(['batch', frames, frames])).code).toBe(2)
    const empty = await nebulift(['batch', temporaryFolder(), out])
    expect(empty.code).toBe(1)
    expect(empty.err).toMatch(/^error: .* holds no FITS files .*\nHint: add --recursive/)
  })

  it('judges the folders inside when asked, never its own output', async () => {
    fill(frames, { 'L/light-0001.fits': readFileSync(join(frames, 'light-0001.fits')) })
    const inside = join(frames, 'sorted')
    const argv = ['batch', frames, inside, '--recursive', '--json']
    await nebulift(argv)
    const manifest: Manifest = JSON.parse((await nebulift(argv)).out)
    expect(manifest.frames).toHaveLength(7)
    const [twin, first] = manifest.frames
    expect([twin?.file, first?.file]).toEqual(['L/light-0001.fits', 'light-0001.fits'])
    expect(first?.sorted).toContain('light-0001-2.fits')
  })

  it('writes a mask as large as the frame for each frame with trails', async () => {
    const trails = temporaryFolder()
    copyFileSync(join(frames, 'light-0001.fits'), join(trails, 'a.fits'))
    fill(trails, { 'trail.fits': fitsOf(trail(320, 256), [320, 256]) })
    const argv = ['batch', trails, out, '--json']
    const manifest: Manifest = JSON.parse((await nebulift(argv)).out)
    const frame = manifest.frames.find(({ file }) => file === 'trail.fits')
    expect(frame).toMatchObject({ verdict: 'contaminated', mask: 'masks/trail.mask.fits' })
    const path = join(out, 'masks/trail.mask.fits')
    const source = await fileSource(path)
    const [hdu] = await openFits(source)
    if (!hdu) throw new Error('no mask')
    const { data, width, height } = await readPlane(hdu)
    await source.close()
    expect({ width, height, bitpix: hdu.bitpix }).toEqual({ width: 320, height: 256, bitpix: 8 })
    expect(new Set(data)).toEqual(new Set([0, 1]))
    expect(data[128 * 320 + 160]).toBe(1)
    expect(hdu.header.get('SOURCE')).toBe('trail.fits')
    const before = statSync(path).mtimeMs
    await nebulift(argv)
    expect(statSync(path).mtimeMs).toBe(before)
    // A mask that somebody changed stays; ours goes with its trail, or with the frame.
    const mask = readFileSync(path)
    writeFileSync(path, 'mine')
    const changed = await nebulift(['batch', trails, out, '--jobs', '1'])
    expect(changed.code).toBe(0)
    expect(changed.err).toBe(
      'warning: masks/trail.mask.fits was changed since nebulift made it; it stays\n',
    )
    rmSync(path)
    await nebulift(argv)
    expect(readFileSync(path).equals(mask)).toBe(true)
    writeFileSync(join(trails, 'trail.fits'), readFileSync(join(frames, 'light-0002.fits')))
    await nebulift(['batch', trails, out, '--action', 'report'])
    expect(existsSync(path)).toBe(false)
  })
})

/** A bright straight trail from corner to corner over a flat sky. */
function trail(width: number, height: number): Uint16Array {
  const data = sky(width * height)
  for (let x = 0; x < width; x++) {
    const y = (x * height) / width
    for (let row = Math.floor(y) - 1; row <= Math.floor(y) + 1; row++) {
      const i = row * width + x
      if (row >= 0 && row < height) data[i] = (data[i] ?? 0) + 150
    }
  }
  return data
}

describe('analyze', () => {
  it('prints the frames of the manifest, one a line', async () => {
    const files = ['light-0001.fits', 'light-0002.fits'].map((name) => join(frames, name))
    const { code, out: text, err } = await nebulift(['analyze', ...files, '--json', '--jobs', '2'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines: ManifestFrame[] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ file }) => file)).toEqual(files)
    for (const line of lines) expect(isFrame(line), ajv.errorsText(isFrame.errors)).toBe(true)
    const alone = await nebulift(['analyze', ...files, '--json', '--jobs', '1'])
    expect(alone.out).toBe(text)
  })

  it('explains to people, and goes on past a bad file', async () => {
    fillBad(frames)
    const files = ['text.fits', 'light-0001.fits', 'nan.fits'].map((name) => join(frames, name))
    const { code, out: text, err } = await nebulift(['analyze', ...files, '--verbose'])
    expect(code).toBe(1)
    expect(err).toContain(`error: ${files[0]}: `)
    expect(text).toMatch(/light-0001.fits {2}\w+: \w+, score [\d.]+\n/)
    expect(text).toMatch(/stars {7}\d+, FWHM [\d.]+ px = [\d.]+", HFR/)
    expect(text).toMatch(/corrupt 1.00: [^(]+ \(\w+ [\d.]+.*\)\n/)
    // Words alone unless asked: the numbers in brackets would say it twice.
    const plain = await nebulift(['analyze', ...files])
    expect(plain.out).toMatch(/corrupt 1.00: [^(]+\n/)
    expect((await nebulift(['analyze', join(folder, 'none.fits')])).err).toBe(
      `error: ${join(folder, 'none.fits')}: no such file or folder\n`,
    )
  })
})

/** Names of unfinished files anywhere in a folder. */
function leftOvers(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.part'),
  )
}

/** Properties that the published schema does not know. */
function undocumented(value: unknown, node = schema, path = ''): string[] {
  const known = node.$ref ? schema.$defs[node.$ref.slice('#/$defs/'.length)] : node
  if (Array.isArray(value)) {
    return [...new Set(value.flatMap((item) => undocumented(item, known.items ?? {}, `${path}[]`)))]
  }
  if (typeof value !== 'object' || value === null || known.additionalProperties) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const next = known.properties?.[key]
    return next ? undocumented(item, next, `${path}.${key}`) : [`${path}.${key}`]
  })
}
