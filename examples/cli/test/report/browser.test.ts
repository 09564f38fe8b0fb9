import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { previewWebp } from '../../src/picture/index.ts'
import { type ReportNight, renderReport } from '../../src/report/index.ts'
import { splitPath } from '../../src/report/page/rows.ts'
import { fabricateSky, streakBetween } from '../picture/sky.ts'
import {
  chromiumPath,
  launchChromium,
  openWatched,
  ScriptCoverage,
  type Watched,
  whyNoBrowser,
} from './chromium.ts'
import { fabricateNight } from './fabricate.ts'

let browser: Browser
let folder: string
const coverage = new ScriptCoverage()

async function openNight(night: ReportNight, width = 1280): Promise<Watched> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.html`)
  await writeFile(path, renderReport(night))
  const watched = await openWatched(browser, { width, height: 900 })
  await watched.page.goto(pathToFileURL(path).href)
  return watched
}

async function closeNight(page: Page): Promise<void> {
  await coverage.add(page)
  await page.close()
}

async function withPreviews(night: ReportNight): Promise<ReportNight> {
  const sky = fabricateSky({ seed: 7, width: 300, height: 200, stars: 60 })
  const { bytes, width, height } = await previewWebp(sky)
  const preview = { data: bytes, width, height }
  return { ...night, frames: night.frames.map((frame) => ({ ...frame, preview })) }
}

const namesInTable = (page: Page) => page.locator('#rows tr:not([hidden]) .name').allTextContents()
/** Where a drawing's lines run on the screen, without their thickness. */
function drawnBox(node: Element) {
  const drawing = node as SVGGElement
  const box = drawing.getBBox()
  const toScreen = drawing.getScreenCTM()!
  const from = new DOMPoint(box.x, box.y).matrixTransform(toScreen)
  const to = new DOMPoint(box.x + box.width, box.y + box.height).matrixTransform(toScreen)
  return { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y }
}

const viewerName = (page: Page) => page.locator('#viewer-title').textContent()

describe.skipIf(chromiumPath === undefined)(`report in Chromium${whyNoBrowser}`, () => {
  let night: ReportNight
  let open: Watched
  let page: Page

  beforeAll(async () => {
    browser = await launchChromium()
    folder = await mkdtemp(join(tmpdir(), 'nebulift-report-'))
    night = await withPreviews(fabricateNight({ frames: 40, seed: 3 }))
    open = await openNight(night)
    page = open.page
  })

  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('asks for nothing but itself and has nothing to complain about', async () => {
    await page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>('.thumb img')
      return image?.complete && image.naturalWidth === 300
    })
    expect(open.requests).toHaveLength(1)
    expect(open.complaints).toEqual([])
    expect(await page.locator('#rows tr').count()).toBe(40)
    expect(await page.locator('svg.chart').count()).toBe(4)
    expect(await page.locator('svg.chart[data-metric=stars] .mark').count()).toBe(40)
  })

  it('sorts by a column, the other way round, and back to the order of the night', async () => {
    const heading = page.locator('th[data-column=stars]')
    const inOrder = await namesInTable(page)
    await heading.locator('button').click()
    expect(await heading.getAttribute('aria-sort')).toBe('ascending')
    const counts = await page.locator('#rows td.c-stars').allTextContents()
    const numbers = counts.map((text) => Number(text.replace(/\D/g, '')))
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    await heading.locator('button').click()
    expect(await heading.getAttribute('aria-sort')).toBe('descending')
    await heading.locator('button').click()
    expect(await heading.getAttribute('aria-sort')).toBeNull()
    expect(await namesInTable(page)).toEqual(inOrder)
  })

  it('filters by decision, cause, session and name, and shows all again', async () => {
    const rejected = night.frames.filter((frame) => frame.assessment.action === 'reject')
    await page.locator('[data-action=reject]').click()
    expect(await namesInTable(page)).toEqual(rejected.map((frame) => frame.file))
    expect(await page.locator('#count').textContent()).toBe(`${rejected.length} of 40 frames`)
    expect(await page.locator('svg.chart[data-metric=stars] .mark.faint').count()).toBe(
      40 - rejected.length,
    )
    await page.locator('[data-cause=cloud]').click()
    const clouded = rejected.filter((f) => f.assessment.causes.some((c) => c.kind === 'cloud'))
    expect(await namesInTable(page)).toEqual(clouded.map((frame) => frame.file))
    await page.locator('#reset').click()
    await page.locator('#session').selectOption('m33-ha')
    expect(await page.locator('#rows tr:not([hidden])').count()).toBe(16)
    expect(await page.locator('svg.chart[data-metric=stars] .mark').count()).toBe(16)
    await page.locator('#search').fill('nothing-like-that')
    expect(await page.locator('#nothing').isVisible()).toBe(true)
    await page.locator('#reset').click()
    expect(await page.locator('#rows tr:not([hidden])').count()).toBe(40)
  })

  it('opens a frame and steps through the filtered ones by keyboard', async () => {
    const masked = night.frames.filter((frame) => frame.assessment.action === 'mask')
    expect(masked.length).toBeGreaterThan(2)
    await page.locator('[data-action=mask]').click()
    await page.locator('#rows tr:not([hidden]) .thumb').first().click()
    expect(await viewerName(page)).toBe(masked[0]!.file)
    await page.keyboard.press('j')
    expect(await viewerName(page)).toBe(masked[1]!.file)
    await page.keyboard.press('ArrowRight')
    expect(await viewerName(page)).toBe(masked[2]!.file)
    await page.keyboard.press('k')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    expect(await viewerName(page)).toBe(masked[0]!.file)
    await page.keyboard.press('End')
    expect(await viewerName(page)).toBe(masked.at(-1)!.file)
    expect(await page.locator('#place').textContent()).toBe(`${masked.length} / ${masked.length}`)
    expect(await page.locator('#details').textContent()).toContain('px long')
    await page.keyboard.press('Escape')
    expect(await page.locator('#viewer').evaluate((node: HTMLDialogElement) => node.open)).toBe(
      false,
    )
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-open'))
    expect(Number(focused)).toBe(night.frames.indexOf(masked.at(-1)!))
    await page.keyboard.press('r')
    expect(await page.locator('#rows tr:not([hidden])').count()).toBe(40)
  })

  it('draws a trail where its coordinates say, at every zoom', async () => {
    const frame = { ...night.frames[0]!, width: 3000, height: 2000 }
    const streaks = [streakBetween([600, 400, 2400, 400], { widthPx: 4 })]
    const marked = { ...frame, assessment: { ...frame.assessment, streaks } }
    const { page: own } = await openNight({ ...night, frames: [marked] })
    await own.locator('.thumb').first().click()
    for (const key of ['f', '+', '+', '1']) {
      await own.keyboard.press(key)
      const image = (await own.locator('#picture img').boundingBox())!
      const trail = await own.locator('#picture g.trail').evaluate(drawnBox)
      const scale = image.width / 3000
      expect(trail.x).toBeCloseTo(image.x + 600.5 * scale, 0)
      expect(trail.x + trail.width).toBeCloseTo(image.x + 2400.5 * scale, 0)
      expect(trail.y + trail.height / 2).toBeCloseTo(image.y + 400.5 * scale, 0)
    }
    const before = (await own.locator('#picture img').boundingBox())!
    await own.mouse.move(400, 400)
    await own.mouse.wheel(0, -400)
    const after = (await own.locator('#picture img').boundingBox())!
    expect(after.width).toBeGreaterThan(before.width)
    const under = (box: typeof before) => (400 - box.x) / box.width
    expect(under(after)).toBeCloseTo(under(before), 2)
    await own.mouse.down()
    await own.mouse.move(450, 430)
    await own.mouse.up()
    const moved = (await own.locator('#picture img').boundingBox())!
    expect(moved.x - after.x).toBeCloseTo(50, 0)
    expect(moved.y - after.y).toBeCloseTo(30, 0)
    await own.keyboard.press('o')
    expect(await own.locator('#picture .over').isVisible()).toBe(false)
    await closeNight(own)
  })

  it('shows a frame under the pointer on all curves and opens it on click', async () => {
    const mark = page.locator('svg.chart[data-metric=fwhm] .mark[data-id="5"]')
    await mark.hover()
    expect(await page.locator('#hover').textContent()).toContain(night.frames[5]!.file)
    expect(await page.locator('.mark.near').count()).toBe(4)
    await mark.click()
    expect(await viewerName(page)).toBe(night.frames[5]!.file)
    await page.keyboard.press('Escape')
  })

  it('helps with keys, tells times in both zones, and places frames by order', async () => {
    await page.keyboard.press('?')
    expect(await page.locator('#help').isVisible()).toBe(true)
    await page.keyboard.press('?')
    expect(await page.locator('#help').isVisible()).toBe(false)
    await page.keyboard.press('u')
    expect(await page.locator('#zone').textContent()).toBe('Local time')
    await page.locator('#zone').click()
    await page.locator('#axis').click()
    const ticks = await page.locator('svg.chart').first().locator('text.tick').allTextContents()
    expect(ticks).toContain('20')
    await page.locator('#axis').click()
    await page.keyboard.press('/')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('search')
    await page.keyboard.press('Escape')
    expect(open.complaints).toEqual([])
  })

  it('is harmless whatever frames are called', async () => {
    const evil = [
      '<img src=x onerror=alert(1)>.fits',
      '</script><script>alert(2)</script>.fits',
      '"><svg onload=alert(3)>.fits',
      "' onmouseover='alert(4).fits",
      '<!--<script>.fits',
      '$' + '{alert(5)}`.fits',
      '\u202egnp.fits',
      `${'unbroken'.repeat(30)}.fits`,
    ]
    const frames = evil.map((file, id) => ({
      ...night.frames[id]!,
      file,
      sorted: file,
      mask: file,
    }))
    const sessions = [{ key: '"><b id=boo>', label: '</option><b id=boo>' }]
    const failed = evil.map((file) => ({ file, error: file }))
    const evilNight = { ...night, frames, sessions, failed, title: evil[1]!, input: evil[0]! }
    const { page: own, complaints, requests } = await openNight(evilNight)
    const names = await namesInTable(own)
    expect(names).toEqual(evil.map((file) => splitPath(file).name.replace('\u202e', '\ufffd')))
    await own.locator('.thumb').first().click()
    for (let step = 0; step < evil.length; step++) await own.keyboard.press('j')
    await own.keyboard.press('Escape')
    await own.locator('svg.chart .mark').first().hover()
    expect(await own.locator('#boo, img[onerror], svg[onload]').count()).toBe(0)
    expect(await own.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280)
    expect(complaints).toEqual([])
    expect(requests).toHaveLength(1)
    await closeNight(own)
  })

  it('fits narrow screens without scrolling sideways', async () => {
    for (const width of [360, 700, 1000, 1280, 1700]) {
      await page.setViewportSize({ width, height: 800 })
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
        .toBeLessThanOrEqual(width)
    }
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  it('shows nights with nothing, with failures only, without times and pictures', async () => {
    const empty = { ...night, frames: [], failed: [], sessions: [] }
    const failures = { ...empty, failed: [{ file: 'a.fits', error: 'the file is empty' }] }
    const bare = night.frames.slice(0, 3).map(({ timeMs, preview, exposureS, ...frame }) => frame)
    const nights: readonly (readonly [ReportNight, string])[] = [
      [empty, 'No frames were found'],
      [failures, '1 file could not be judged'],
      [{ ...night, frames: bare }, '3 frames'],
      [{ ...night, frames: night.frames.slice(0, 1) }, '1 frame'],
    ]
    for (const [each, words] of nights) {
      const { page: own, complaints } = await openNight(each)
      expect(await own.locator('body').innerText()).toContain(words)
      const thumb = own.locator('.thumb').first()
      if (each.frames.length > 0) {
        await thumb.click()
        await own.keyboard.press('Escape')
      }
      expect(complaints).toEqual([])
      await closeNight(own)
    }
  })

  it('is ready within a few seconds with 500 frames', async () => {
    const many = await withPreviews(fabricateNight({ frames: 500, seed: 5 }))
    const begun = performance.now()
    const { page: own, complaints } = await openNight(many)
    await own.locator('#row-499').waitFor({ state: 'attached' })
    await own.locator('th[data-column=score] button').click()
    await own.locator('#search').fill('m33')
    expect(await own.locator('#rows tr:not([hidden])').count()).toBe(200)
    expect(performance.now() - begun).toBeLessThan(8000)
    expect(complaints).toEqual([])
    await closeNight(own)
  })

  it('loads its pictures for print, and is read without pointer or mouse', async () => {
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
    expect(await page.locator('.thumb img:not([src])').count()).toBe(0)
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('#search').isVisible()).toBe(false)
    await page.emulateMedia({ media: null })
    await page.locator('#search').blur()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    expect(await viewerName(page)).toBe(night.frames[0]!.file)
    await page.locator('[data-view=ArrowRight]').click()
    expect(await viewerName(page)).toBe(night.frames[1]!.file)
    await page.locator('#stage').dblclick()
    await page.locator('#stage').dblclick()
    await page.keyboard.press('-')
    await page.locator('[data-view=close]').click()
    expect(await page.locator('#viewer').isVisible()).toBe(false)
    expect(open.complaints).toEqual([])
  })

  it('has run nearly every line of the page’s script', async () => {
    await coverage.add(page)
    expect(coverage.shareOfLines()).toBeGreaterThan(0.92)
  })
})
