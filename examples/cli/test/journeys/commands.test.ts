import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { encodeFits, openFits } from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { decode } from 'fast-png'
import { describe, expect, it, vi } from 'vitest'
import { judgeFile } from '../../src/frame/judgeFile.ts'
import { readFrame } from '../../src/frame/readFrame.ts'
import { fillBad, fitsOf, simulateInto, sky } from '../frames.ts'
import { fill, nebulift, temporaryFolder } from '../helpers.ts'

const lines = (text: string) => text.trim().split('\n')

describe('simulate', () => {
  const argv = (out: string, seed = 5) => [
    ...['simulate', out, '--frames', '2', '--seed', String(seed), '--size', '320x256'],
  ]

  it('writes 16-bit FITS with headers, and what is in each', async () => {
    const out = join(temporaryFolder(), 'night')
    const { code, out: text } = await nebulift(argv(out))
    expect(code).toBe(0)
    expect(text).toContain('2 frames')
    expect(readdirSync(out)).toEqual(['light-0001.fits', 'light-0002.fits', 'truth.json'])
    const truth = JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8'))
    expect(truth).toMatchObject({ schema: 'nebulift.truth/1', seed: 5, complete: true })
    expect(truth.frames[0]).toMatchObject({ file: 'light-0001.fits', truth: { labels: [] } })
    const source = await fileSource(join(out, 'light-0001.fits'))
    const [hdu] = await openFits(source)
    await source.close()
    expect(hdu?.bitpix).toBe(16)
    expect(hdu?.header.get('EXPTIME')).toBeGreaterThan(0)
    expect(hdu?.shape).toEqual([320, 256])
  })

  it('repeats, goes on after an interruption, and never mixes nights', async () => {
    const out = join(temporaryFolder(), 'night')
    await nebulift(argv(out))
    const frame = join(out, 'light-0002.fits')
    const bytes = readFileSync(frame)
    const before = statSync(join(out, 'light-0001.fits')).mtimeMs
    expect((await nebulift(argv(out))).code).toBe(0)
    expect(statSync(join(out, 'light-0001.fits')).mtimeMs).toBe(before)
    rmSync(frame)
    await nebulift(argv(out))
    expect(readFileSync(frame).equals(bytes)).toBe(true)
    const other = await nebulift(argv(out, 6))
    expect(other.code).toBe(1)
    expect(other.err).toContain('holds other frames already')
    const foreign = temporaryFolder()
    fill(foreign, { 'mine.fits': 'x' })
    expect((await nebulift(argv(foreign))).code).toBe(1)
    expect(readdirSync(foreign)).toEqual(['mine.fits'])
  })
})

describe('preview', () => {
  it('writes the whole frame, or smaller, or explained', async () => {
    const folder = temporaryFolder()
    const frames = await simulateInto(folder, { frames: 1 })
    const [frame, png] = [join(frames, 'light-0001.fits'), join(folder, 'look.png')]
    expect(await nebulift(['preview', frame, '-o', png])).toEqual({
      code: 0,
      out: `${png} written\n`,
      err: '',
    })
    expect(decode(readFileSync(png))).toMatchObject({ width: 320, height: 256, channels: 1 })
    await nebulift(['preview', frame, '-o', png, '--size', '160'])
    expect(decode(readFileSync(png))).toMatchObject({ width: 160, height: 128 })
    await nebulift(['preview', frame, '-o', png, '--explain'])
    expect(decode(readFileSync(png))).toMatchObject({ channels: 3 })
  })

  it('replaces pictures, never frames or documents', async () => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': fitsOf(sky(64 * 64), [64, 64]), 'b.png': 'frame', 'empty.png': '' })
    const at = (name: string) => join(folder, name)
    const code = async (out: string) => (await nebulift(['preview', at('a.fits'), '-o', out])).code
    expect(await code(at('a.fits'))).toBe(2)
    expect(await code(at('b.png'))).toBe(2)
    expect(await code(at('empty.png'))).toBe(0)
    expect(readFileSync(at('b.png'), 'utf8')).toBe('frame')
    expect(await code(join(folder, 'none', 'a.png'))).toBe(1)
  })

  it('is named after the frame where no name is given, and lies in the current folder', async () => {
    const [folder, here] = [temporaryFolder(), temporaryFolder()]
    fill(folder, { 'a.b.fits.gz': gzipSync(fitsOf(sky(64 * 64), [64, 64])) })
    vi.spyOn(process, 'cwd').mockReturnValue(here)
    const { code, out } = await nebulift(['preview', join(folder, 'a.b.fits.gz')])
    vi.restoreAllMocks()
    const png = join(here, 'a.b.preview.png')
    expect({ code, out }).toEqual({ code: 0, out: `${png} written\n` })
    expect(decode(readFileSync(png))).toMatchObject({ width: 64, height: 64 })
    expect(readdirSync(folder)).toEqual(['a.b.fits.gz'])
  })
})

describe('inspect', () => {
  it('shows HDUs, sizes, types and the headers that matter', async () => {
    const folder = temporaryFolder()
    fillBad(folder)
    const file = join(folder, 'mef.fits')
    writeFileSync(
      file,
      encodeFits([
        { header: [['OBJECT', 'M 31']] },
        { data: sky(64 * 48), shape: [64, 48], name: 'SCI' },
        { data: new Float32Array(4), shape: [2, 2], name: 'ERR' },
      ]),
    )
    const { code, out } = await nebulift(['inspect', file, join(folder, 'table.fits')])
    expect(code).toBe(0)
    expect(out).toMatch(/0 {2}PRIMARY {2}image +no data/)
    expect(out).toMatch(/1 {2}SCI +image +64 x 48 +uint16/)
    expect(out).toMatch(/2 {2}ERR +image +2 x 2 +float32/)
    expect(out).toContain('OBJECT M 31')
    expect(out).toMatch(/1 .* table /)
    expect((await nebulift(['inspect', file, '--header'])).out).toContain("OBJECT  = 'M 31")
  })

  it('says when a file is shorter than its header promises', async () => {
    const folder = temporaryFolder()
    const whole = fitsOf(sky(64 * 64), [64, 64])
    // Only the padding is missing: all data are there.
    const unpadded = whole.subarray(0, 2880 + 8192)
    const cut = whole.subarray(0, 2880 + 5000)
    fill(folder, { 'whole.fits': whole, 'unpadded.fits': unpadded, 'cut.fits': cut })
    fill(folder, { 'cut.fits.gz': gzipSync(cut), 'head.fits': whole.subarray(0, 2880) })
    const text = async (name: string) => (await nebulift(['inspect', join(folder, name)])).out
    for (const name of ['whole.fits', 'unpadded.fits'])
      expect(await text(name)).not.toContain('truncated')
    const note = 'HDU 0: truncated: the header promises 8192 bytes of data, 5000 are there'
    for (const name of ['cut.fits', 'cut.fits.gz']) expect(await text(name)).toContain(note)
    expect(await text('head.fits')).toContain('0 are there')
    const { out } = await nebulift(['inspect', join(folder, 'cut.fits'), '--json'])
    expect(JSON.parse(out).hdus).toMatchObject([
      { truncated: { dataBytes: 8192, bytesThere: 5000 } },
    ])
  })

  it('prints JSON, and goes on past a bad file', async () => {
    const folder = temporaryFolder()
    fillBad(folder)
    const files = ['text.fits', 'one.fits'].map((name) => join(folder, name))
    const { code, out, err } = await nebulift(['inspect', ...files, '--json'])
    expect(code).toBe(1)
    expect(lines(err)).toHaveLength(1)
    expect(JSON.parse(out)).toMatchObject({ file: files[1], hdus: [{ shape: [1, 1], bitpix: 16 }] })
  })
})

describe('the picture that is judged', () => {
  const read = async (bytes: Uint8Array, options = {}) => {
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': bytes })
    return readFrame(join(folder, 'a.fits'), options)
  }

  it('is the SCI extension, else the largest, or the HDU asked for', async () => {
    const small = { data: new Uint8Array(16).fill(1), shape: [4, 4] }
    const large = { data: new Uint8Array(64).fill(2), shape: [8, 8] }
    const science = { ...small, name: 'SCI', header: [['FILTER', 'R']] as const }
    const header = [['OBJECT', 'M 1'] as const]
    expect((await read(encodeFits([small, large]))).hdu).toBe(1)
    expect((await read(encodeFits([{ ...large, header }, large, science]))).hdu).toBe(2)
    const { get } = await read(encodeFits([{ header }, science]))
    expect([get('OBJECT'), get('FILTER'), get('NONE')]).toEqual(['M 1', 'R', undefined])
    expect((await read(encodeFits([small, large]), { hdu: 0 })).plane.data[0]).toBe(1)
    await expect(read(encodeFits([small]), { hdu: 3 })).rejects.toThrow('has no HDU 3')
    await expect(read(encodeFits([{}, small]), { hdu: 0 })).rejects.toThrow('holds no picture')
    await expect(read(encodeFits([{}]))).rejects.toThrow(
      'holds no picture, only headers without data',
    )
  })

  it('is the mean of three colour planes', async () => {
    const data = Float32Array.from({ length: 3 * 64 }, (_, i) => 3 * Math.floor(i / 64))
    const { plane, factor } = await read(fitsOf(data, [8, 8, 3]))
    expect({ size: plane.data.length, value: plane.data[5], factor }).toEqual({
      size: 64,
      value: 3,
      factor: 1,
    })
  })

  it('is the half-size luminance of a Bayer mosaic, measured in sensor pixels', async () => {
    const bytes = fitsOf(sky(256 * 192), [256, 192], [['BAYERPAT', 'RGGB']])
    const { plane, factor } = await read(bytes)
    expect([plane.width, plane.height, factor]).toEqual([128, 96, 2])
    const folder = temporaryFolder()
    fill(folder, { 'a.fits': bytes })
    const steps: string[] = []
    const judged = await judgeFile(join(folder, 'a.fits'), { onStep: (step) => steps.push(step) })
    expect(judged.measurement).toMatchObject({ width: 256, height: 192 })
    expect(judged.preview).toMatchObject({ width: 128, height: 96 })
    expect(steps.length).toBeGreaterThan(2)
  })
})

describe('validate', () => {
  it('says what it checked', async () => {
    const { code, out } = await nebulift(['validate'])
    expect(out).toContain(`Node ${process.versions.node}`)
    expect(lines(out).filter((line) => line.startsWith('FAIL'))).toEqual([])
    expect(code).toBe(0)
    expect(out).toMatch(/pass {2}trails are found .* \d+ of \d+/)
    expect(out).toContain('this installation works')
  })

  it('prints JSON, and stops when told', async () => {
    const stop = AbortSignal.abort()
    expect((await nebulift(['validate', '--json'], { signal: stop })).code).toBe(130)
  })
})

describe('demo', () => {
  it('shows a night, also the second time', async () => {
    const folder = join(temporaryFolder(), 'demo')
    for (const measured of [2, 0]) {
      const { code, out } = await nebulift(['demo', folder, '--frames', '2'])
      expect(code).toBe(0)
      expect(out).toContain('2 frames in 1 session')
      expect(out).toContain(`${measured} measured now`)
      expect(existsSync(join(folder, 'sorted/report.html'))).toBe(true)
    }
  })
})
