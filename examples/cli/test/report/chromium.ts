import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Where a Chromium is installed: the variable CHROMIUM, else the usual places. */
export const chromiumPath = [process.env.CHROMIUM ?? '', ...usualPlaces].find(
  (path) => path !== '' && existsSync(path),
)

/** Said in the name of what is skipped. */
export const whyNoBrowser =
  chromiumPath === undefined ? ' (skipped: no Chromium found; name one in CHROMIUM)' : ''

export function launchChromium(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('no Chromium to launch')
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Which letters of a script have run, over all pages that hold it. */
export class ScriptCoverage {
  private readonly ran = new Map<string, Uint8Array>()

  /** Adds what ran in a page since it was opened. */
  async add(page: Page): Promise<void> {
    for (const { source, functions } of await page.coverage.stopJSCoverage()) {
      if (!source?.includes('startPage()')) continue
      const before = this.ran.get(source) ?? new Uint8Array(source.length)
      const now = new Uint8Array(source.length)
      // Outer ranges come before the inner ones that correct them.
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          now.fill(count > 0 ? 1 : 0, startOffset, endOffset)
      this.ran.set(
        source,
        before.map((value, index) => value | (now[index] ?? 0)),
      )
    }
  }

  /** Share of the script's lines that have run at least in part. */
  shareOfLines(): number {
    let all = 0
    let ran = 0
    for (const [source, letters] of this.ran) {
      let at = 0
      for (const line of source.split('\n')) {
        const part = letters.subarray(at, at + line.length)
        at += line.length + 1
        if (!/\w/.test(line)) continue
        all++
        if (part.some((value) => value > 0)) ran++
      }
    }
    return ran / all
  }
}

/** What a page must not do: ask for anything but itself, complain, or open a message box. */
export interface Watched {
  readonly page: Page
  readonly requests: readonly string[]
  readonly complaints: readonly string[]
}

/** Opens a page whose requests and complaints are noted. */
export async function openWatched(
  browser: Browser,
  size: { width: number; height: number } = { width: 1280, height: 900 },
): Promise<Watched> {
  const page = await browser.newPage({ viewport: size, colorScheme: 'dark' })
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url())
  })
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.coverage.startJSCoverage({ resetOnNavigation: false })
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, requests, complaints }
}
