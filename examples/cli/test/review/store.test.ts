import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import schema from '../../manifest.schema.json' with { type: 'json' }
import { readLabels } from '../../src/dataset/labels.ts'
import { appendLine } from '../../src/files/lines.ts'
import { layoutOf } from '../../src/night/layout.ts'
import { undoBatch } from '../../src/night/undoBatch.ts'
import { encodeCsv } from '../../src/output/csv.ts'
import { openReview } from '../../src/review/store.ts'
import { temporaryFolder } from '../helpers.ts'
import { judgeSmallNight, otherThan } from './night.ts'

const isManifest = new Ajv2020({ allowUnionTypes: true }).compile(schema)

describe('a correction', () => {
  it('is in manifest.json and manifest.csv at once, beside what the prefilter said', async () => {
    const { out, frame, manifest } = await judgeSmallNight()
    const store = await openReview(out)
    const { corrected: _, ...before } = frame('b.fits')
    const decision = { ...otherThan(before), causes: ['defocus' as const] }
    const answer = await store.correct({ file: 'b.fits', seen: null, decision })
    expect(answer.result).toBe('saved')
    expect(isManifest(manifest()), JSON.stringify(isManifest.errors)).toBe(true)
    const { verdict, action } = before
    expect(frame('b.fits')).toMatchObject({
      ...{ verdict: decision.verdict, action: decision.action },
      corrected: { ...decision, by: 'person', was: { verdict, action } },
    })
    const counts = manifest().sessions.map(({ verdicts }) => verdicts[decision.verdict])
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(
      manifest().frames.filter((one) => one.verdict === decision.verdict).length,
    )
    expect(readFileSync(join(out, 'manifest.csv'), 'utf8')).toBe(encodeCsv(manifest().frames))
    expect((await readLabels(join(out, 'manifest.json'))).get('b.fits')).toEqual({
      label: decision.verdict,
      labelledBy: 'person',
      flaws: decision.verdict === 'clean' ? [] : ['defocus'],
    })
    await store.correct({
      file: 'b.fits',
      seen: frame('b.fits').corrected?.at ?? '',
      decision: null,
    })
    expect(frame('b.fits')).toEqual(before)
  })

  it.each(['link', 'copy', 'move'] as const)(
    'brings a %s into the folder of its verdict',
    async (action) => {
      const { out, input, frame } = await judgeSmallNight(action)
      const original = join(input, 'a.fits')
      const bytes = readFileSync(join(out, `${frame('a.fits').sorted}`))
      const store = await openReview(out)
      const decision = otherThan(frame('a.fits'))
      const first = frame('a.fits').sorted
      await store.correct({ file: 'a.fits', seen: null, decision })
      expect(frame('a.fits').sorted).toBe(`${decision.verdict}/a.fits`)
      expect(readFileSync(join(out, `${decision.verdict}/a.fits`))).toEqual(bytes)
      expect(existsSync(join(out, `${first}`))).toBe(false)
      expect(existsSync(original)).toBe(action !== 'move')
      // The other frames lie where they lay.
      expect(existsSync(join(out, `${frame('b.fits').sorted}`))).toBe(true)
      expect((await undoBatch(out)).failed).toEqual([])
      expect(readFileSync(original)).toEqual(bytes)
      expect(existsSync(join(out, decision.verdict))).toBe(false)
      // What was undone is not sorted again by a correction.
      const seen = frame('a.fits').corrected?.at ?? null
      await store.correct({ file: 'a.fits', seen, decision: null })
      expect(frame('a.fits').sorted).toBeNull()
    },
  )

  it('leaves files alone where it is told to, until the next batch', async () => {
    const { out, frame, again } = await judgeSmallNight()
    const store = await openReview(out, { move: false })
    const { sorted } = frame('a.fits')
    const decision = otherThan(frame('a.fits'))
    await store.correct({ file: 'a.fits', seen: null, decision })
    expect(frame('a.fits').sorted).toBe(sorted)
    await again()
    expect(frame('a.fits').sorted).toBe(`${decision.verdict}/a.fits`)
  })

  it('never replaces a file of somebody else, and says so', async () => {
    const { out, frame } = await judgeSmallNight()
    const decision = otherThan(frame('a.fits'))
    const store = await openReview(out)
    await store.correct({ file: 'b.fits', seen: null, decision })
    const theirs = join(out, decision.verdict, 'a.fits')
    writeFileSync(theirs, 'mine')
    const answer = await store.correct({ file: 'a.fits', seen: null, decision })
    expect(answer).toMatchObject({ result: 'saved', note: expect.stringContaining('not sorted') })
    expect(readFileSync(theirs, 'utf8')).toBe('mine')
    expect(frame('a.fits')).toMatchObject({ verdict: decision.verdict })
  })

  it('of a page that saw an older state is not written; the page gets the fresh one', async () => {
    const { out, frame } = await judgeSmallNight()
    const store = await openReview(out)
    const decision = otherThan(frame('a.fits'))
    const wish = { file: 'a.fits', seen: null, decision }
    // Two tabs at the same time: one of them comes first.
    const [one, two] = await Promise.all([store.correct(wish), store.correct(wish)])
    expect([one.result, two.result]).toEqual(['saved', 'stale'])
    expect(two).toEqual({ result: 'stale', frame: frame('a.fits') })
    expect(await store.correct({ ...wish, file: 'z.fits' })).toEqual({ result: 'unknown' })
  })

  it('waits for no other nebulift: it says who is at work', async () => {
    const { out, frame } = await judgeSmallNight()
    const store = await openReview(out)
    // The parent process is alive and not this one.
    writeFileSync(layoutOf(out).lock, String(process.ppid))
    const wish = { file: 'a.fits', seen: null, decision: otherThan(frame('a.fits')) }
    await expect(store.correct(wish)).rejects.toThrow('is at work in')
    expect(frame('a.fits').corrected).toBeUndefined()
    rmSync(layoutOf(out).lock)
    expect((await store.correct(wish)).result).toBe('saved')
  })
})

describe('a later batch keeps corrections', () => {
  it('of frames that are the same, also under another name', async () => {
    const { out, input, frame, again } = await judgeSmallNight()
    const store = await openReview(out)
    const before = frame('a.fits')
    const decision = otherThan(before)
    await store.correct({ file: 'a.fits', seen: null, decision })
    const { corrected } = frame('a.fits')
    await again()
    expect(frame('a.fits')).toMatchObject({ ...decision, corrected })
    expect(frame('a.fits').sorted).toBe(`${decision.verdict}/a.fits`)
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('"by":"person"')
    renameSync(join(input, 'a.fits'), join(input, 'd.fits'))
    await again()
    expect(frame('d.fits')).toMatchObject({ ...decision, corrected })
    // Another frame that got the name is not spoken of.
    renameSync(join(input, 'b.fits'), join(input, 'a.fits'))
    await again()
    expect(frame('a.fits').corrected).toBeUndefined()
  })

  it('of frames that one batch did not see, and forgets those that were taken back', async () => {
    const { out, input, folder, frame, again } = await judgeSmallNight()
    const store = await openReview(out)
    const decision = otherThan(frame('a.fits'))
    await store.correct({ file: 'a.fits', seen: null, decision })
    await store.correct({ file: 'b.fits', seen: null, decision })
    const seen = frame('b.fits').corrected?.at ?? null
    await store.correct({ file: 'b.fits', seen, decision: null })
    renameSync(join(input, 'a.fits'), join(folder, 'a.fits'))
    await again()
    renameSync(join(folder, 'a.fits'), join(input, 'a.fits'))
    await again()
    expect(frame('a.fits')).toMatchObject(decision)
    expect(frame('b.fits').corrected).toBeUndefined()
  })

  it('noted before a crash that came before the manifest was written', async () => {
    const { out, frame, again } = await judgeSmallNight()
    const word = { ...otherThan(frame('a.fits')), by: 'person', at: '2026-03-14T20:00:00.000Z' }
    const { corrections } = layoutOf(out)
    await appendLine(corrections, { file: 'a.fits', at: word.at, word })
    writeFileSync(corrections, `${readFileSync(corrections, 'utf8')}{"file":"b.fits","at":`)
    await again()
    expect(frame('a.fits').corrected).toMatchObject(word)
    expect(frame('b.fits').corrected).toBeUndefined()
  })

  it('and files right after a crash between the folders', async () => {
    const { out, frame, manifest, again } = await judgeSmallNight()
    const store = await openReview(out)
    const layout = layoutOf(out)
    const placed = readFileSync(layout.placed, 'utf8')
    const decision = otherThan(frame('a.fits'))
    await store.correct({ file: 'a.fits', seen: null, decision })
    // As if the book had not been written any more.
    writeFileSync(layout.placed, placed)
    await again()
    expect(manifest().failed).toEqual([])
    expect(frame('a.fits').sorted).toBe(`${decision.verdict}/a.fits`)
    expect((await undoBatch(out)).failed).toEqual([])
    expect(existsSync(join(out, decision.verdict, 'a.fits'))).toBe(false)
  })
})

describe('opening a review', () => {
  it('refuses what no batch has made', async () => {
    await expect(openReview(temporaryFolder())).rejects.toThrow(
      'is not the output of a nebulift batch',
    )
    await expect(openReview('/no/such/folder')).rejects.toThrow('no such file or folder')
    const { out } = await judgeSmallNight()
    writeFileSync(join(out, 'manifest.json'), '{')
    await expect(openReview(out)).rejects.toThrow('there is no manifest that can be read')
  })

  it('gives pictures from the cache, and makes those that are missing', async () => {
    const { out } = await judgeSmallNight('report')
    const store = await openReview(out)
    const kept = await store.picture('a.fits')
    expect(kept).toMatchObject({ width: 96, height: 64 })
    rmSync(layoutOf(out).cache, { recursive: true })
    expect((await store.picture('a.fits'))?.bytes).toEqual(new Uint8Array(kept?.bytes ?? []))
    expect(await store.picture('../frames/a.fits')).toBeUndefined()
    expect(statSync(out).isDirectory()).toBe(true)
  })
})
