import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ReviewServer, serveReview } from '../../src/review/server.ts'
import { openReview } from '../../src/review/store.ts'
import {
  chromiumPath,
  launchChromium,
  openWatched,
  type Watched,
  whyNoBrowser,
} from '../report/chromium.ts'
import { judgeSmallNight, type SmallNight } from './night.ts'

let browser: Browser
const open: { server: ReviewServer; page: Page }[] = []

interface Reviewing extends SmallNight, Watched {
  readonly server: ReviewServer
}

async function review(size?: { width: number; height: number }): Promise<Reviewing> {
  const night = await judgeSmallNight()
  const server = await serveReview(await openReview(night.out))
  const watched = await openWatched(browser, size)
  open.push({ server, page: watched.page })
  await watched.page.goto(server.url)
  await watched.page.locator('#stage img').waitFor()
  return { ...night, ...watched, server }
}

const name = (page: Page) => page.locator('#viewer-title').textContent()
const names = (page: Page) => page.locator('#strip .under i').allTextContents()
const progress = (page: Page) => page.locator('#progress').textContent()

/** Presses a key and waits until its word is on the disk. */
async function say(page: Page, key: string): Promise<void> {
  await page.keyboard.press(key)
  await page.waitForFunction(() => /^saved/.test(document.querySelector('#status')!.textContent!))
  await page.evaluate(() => {
    document.querySelector('#status')!.textContent = ''
  })
}

describe.skipIf(chromiumPath === undefined)(`review in Chromium${whyNoBrowser}`, () => {
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  afterEach(async () => {
    for (const { server, page } of open.splice(0)) {
      await page.close()
      await server.close()
    }
  })

  it('steps by keys, corrects, and each word is in the manifest right away', async () => {
    const { page, frame, manifest, complaints, requests, server } = await review()
    await page.locator('#filter').selectOption('all')
    expect(await name(page)).toBe('a.fits')
    expect(await progress(page)).toBe('1 of 3, 0 corrected')
    await page.keyboard.press('j')
    expect(await name(page)).toBe('b.fits')
    await page.keyboard.press('ArrowLeft')
    expect(await name(page)).toBe('a.fits')
    const was = frame('a.fits')
    const steps: readonly [string, string, object][] = [
      ['c', 'a.fits', { verdict: 'clean', action: 'keep', sorted: 'clean/a.fits' }],
      ['x', 'b.fits', { verdict: 'contaminated', action: 'reject' }],
      ['m', 'c.fits', { verdict: 'contaminated', action: 'mask' }],
      ['r', 'c.fits', { verdict: 'review', action: 'review', sorted: 'review/c.fits' }],
    ]
    for (const [key, file, wanted] of steps) {
      await say(page, key)
      expect(frame(file)).toMatchObject({ ...wanted, corrected: { by: 'person' } })
    }
    expect(frame('a.fits').corrected?.was).toEqual({ verdict: was.verdict, action: was.action })
    expect(await progress(page)).toBe('3 of 3, 3 corrected')
    await say(page, '4')
    expect(frame('c.fits')).toMatchObject({
      ...{ verdict: 'contaminated', action: 'reject' },
      corrected: { causes: expect.arrayContaining(['cloud']) },
    })
    expect(await page.locator('[data-cause=cloud]').getAttribute('aria-pressed')).toBe('true')
    expect(manifest().frames.every(({ corrected }) => corrected)).toBe(true)
    expect(complaints).toEqual([])
    const foreign = requests.filter((url) => !url.startsWith(new URL('/', server.url).href))
    expect(foreign.filter((url) => !url.startsWith('blob:'))).toEqual([])
  })

  it('remembers after a reload, and takes words back one by one', async () => {
    const { page, frame } = await review()
    await page.locator('#filter').selectOption('all')
    const before = frame('a.fits')
    await say(page, 'c')
    await page.reload()
    await page.locator('#stage img').waitFor()
    expect(await page.locator('#filter').inputValue()).toBe('all')
    expect(await name(page)).toBe('b.fits')
    expect(await progress(page)).toBe('2 of 3, 1 corrected')
    await page.keyboard.press('k')
    expect(await page.locator('.verdict.said[aria-pressed=true]').textContent()).toContain('Clean')
    await say(page, 'x')
    await say(page, 'u')
    expect(frame('a.fits')).toMatchObject({ verdict: 'clean', corrected: { verdict: 'clean' } })
    expect(await name(page)).toBe('a.fits')
    // The word before the reload is taken back as well.
    await say(page, 'u')
    expect(frame('a.fits')).toEqual(before)
    await page.keyboard.press('u')
    expect(await page.locator('#status').textContent()).toBe('nothing to undo')
  })

  it('filters, and says where a filter shows nothing', async () => {
    const { page } = await review()
    await page.locator('#filter').selectOption('all')
    await page.keyboard.press('j')
    await say(page, 'c')
    await page.locator('#filter').selectOption('clean')
    expect(await names(page)).toContain('b.fits')
    await page.locator('#filter').selectOption('uncorrected')
    expect(await names(page)).toEqual(['a.fits', 'c.fits'])
    await say(page, 'c')
    await say(page, 'c')
    await page.locator('#filter').selectOption('uncorrected')
    expect(await page.locator('#nothing').isVisible()).toBe(true)
    expect(await progress(page)).toBe('nothing to show')
    // Keys that would judge have nothing to judge.
    await page.keyboard.press('x')
    await page.locator('#filter').selectOption('all')
    expect(await progress(page)).toBe('1 of 3, 3 corrected')
  })

  it('works with the mouse: thumbnails, verdicts, causes, zoom', async () => {
    const { page, frame } = await review()
    await page.locator('#filter').selectOption('all')
    await page.locator('.shot', { hasText: 'c.fits' }).click()
    expect(await name(page)).toBe('c.fits')
    await page.locator('[data-cause=defocus]').click()
    await page.locator('#status', { hasText: 'saved' }).waitFor()
    expect(frame('c.fits').corrected?.causes).toContain('defocus')
    const scale = async () =>
      Number.parseInt((await page.locator('#scale').textContent()) ?? '', 10)
    const whole = await scale()
    await page.locator('#stage').click({ position: { x: 300, y: 200 } })
    expect(await scale()).toBeGreaterThan(1.5 * whole)
    await page.mouse.move(400, 300)
    await page.mouse.down()
    await page.mouse.move(460, 340, { steps: 4 })
    await page.mouse.up()
    expect(await scale()).toBeGreaterThan(1.5 * whole)
    await page.locator('#stage').click({ position: { x: 300, y: 200 } })
    expect(await scale()).toBe(whole)
    await page.locator('[data-act="?"]').first().click()
    expect(await page.locator('#help').isVisible()).toBe(true)
    await page.keyboard.press('x')
    expect(await page.locator('#help').isVisible()).toBe(true)
    await page.keyboard.press('?')
    expect(await page.locator('#help').isVisible()).toBe(false)
  })

  it('blinks with the neighbour of the session, and back', async () => {
    const { page } = await review()
    await page.locator('#filter').selectOption('all')
    await page.keyboard.press('j')
    const shown = () => page.locator('#stage img').getAttribute('alt')
    await page.locator('#stage img[alt="b.fits"]').waitFor()
    await page.keyboard.press('b')
    await page.locator('#stage img[alt="a.fits"]').waitFor()
    expect(await page.locator('#blinking').textContent()).toContain('a.fits')
    expect(await name(page)).toBe('b.fits')
    await page.keyboard.press('b')
    expect(await shown()).toBe('b.fits')
    expect(await page.locator('#blinking').isVisible()).toBe(false)
  })

  it('of two tabs, the stale one gets the fresh state and writes nothing', async () => {
    const { page, server, frame } = await review()
    const other = await openWatched(browser)
    await other.page.goto(server.url)
    await other.page.locator('#stage img').waitFor()
    for (const tab of [page, other.page]) await tab.locator('#filter').selectOption('all')
    await say(page, 'c')
    await other.page.keyboard.press('x')
    await other.page.locator('#status', { hasText: 'changed elsewhere' }).waitFor()
    expect(frame('a.fits').verdict).toBe('clean')
    expect(await name(other.page)).toBe('a.fits')
    const pressed = other.page.locator('.verdict.said[aria-pressed=true]')
    expect(await pressed.textContent()).toContain('Clean')
    // Now it knows what it speaks of.
    await say(other.page, 'x')
    expect(frame('a.fits').action).toBe('reject')
    await other.page.close()
  })

  it('says so without the token, and when the server has ended', async () => {
    const { page, server, frame } = await review()
    const stranger = await openWatched(browser)
    await stranger.page.goto(new URL('/', server.url).href)
    await stranger.page.locator('#status', { hasText: 'Open the whole address' }).waitFor()
    expect(await stranger.page.locator('#stage').isVisible()).toBe(false)
    await stranger.page.close()
    await page.locator('#filter').selectOption('all')
    await server.close()
    await page.keyboard.press('c')
    await page.locator('#status', { hasText: 'does not answer' }).waitFor()
    expect(await name(page)).toBe('a.fits')
    expect(frame('a.fits').corrected).toBeUndefined()
    expect(await page.locator('.verdict.said').count()).toBe(0)
  })

  it('fits a narrow window', async () => {
    const { page } = await review({ width: 400, height: 800 })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(wide).toBe(400)
    for (const key of ['c', 'm', 'x', 'r']) {
      const box = await page.locator(`[data-say=${key}]`).boundingBox()
      expect((box?.x ?? 999) + (box?.width ?? 999)).toBeLessThanOrEqual(400)
    }
  })
})
