import { createHash } from 'node:crypto'
import { bundleScript, pageModule } from '../report/bundle.ts'
import { html, type Markup } from '../report/page/markup.ts'
import { actionMark } from '../report/page/rows.ts'
import { causeWords } from '../report/page/words.ts'
import { styleSheet } from '../report/style/index.ts'
import { causeKey, causeKeys, choosable, filters } from './page/choices.ts'
import { reviewStyle } from './style.ts'

/** Modules of the report that the review draws with, each after those it uses. */
const shared = [
  ...['markup', 'format', 'words', 'outline', 'scales', 'zoom', 'model', 'overlay'],
  ...['chart', 'rows', 'details', 'dom', 'stage'],
]

/** The page's modules, each after those it uses. Their top-level names must all differ. */
export const reviewModules: readonly URL[] = [
  ...shared.map(pageModule),
  ...['choices', 'talk', 'pictures', 'strip', 'panel', 'saving', 'deck', 'desk', 'begin'].map(
    (name) => new URL(`./page/${name}`, import.meta.url),
  ),
]

interface ReviewPage {
  readonly html: string
  readonly policy: string
}

let made: ReviewPage | undefined

/** The page: it holds nothing of the night, which its script asks for with the token of the address. */
export const pageHtml = (): string => makePage().html

/** What the page may do: run its own script, show pictures it asked for, ask this server. */
export const pagePolicy = (): string => makePage().policy

function makePage(): ReviewPage {
  made ??= createReviewPage()
  return made
}

function createReviewPage(): ReviewPage {
  const script = bundleScript(reviewModules, 'startReview')
  const style = `${styleSheet}\n${reviewStyle}`
  const policy = [
    "default-src 'none'",
    'img-src blob: data:',
    "connect-src 'self'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Review – Nebulift</title>
<link rel="icon" href="data:,">
<style>${{ markup: style }}</style>
</head>
<body class="review">
${body()}
<script>${{ markup: script }}</script>
</body>
</html>
`
  return { html: page.markup, policy }
}

const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`

function body(): Markup {
  return html`<header class="head"><h1>Review</h1>
<label><span class="unseen">Show</span><select id="filter">${filters.map(({ id, label }) => html`<option value="${id}">${label}</option>`)}</select></label>
<p id="progress" class="progress">reading the night …</p><progress id="meter" aria-label="Frames corrected" value="0" max="1"></progress>
<p id="status" class="status" role="status" aria-live="polite"></p>
<button type="button" data-act="?" title="Keys (?)" aria-label="Keyboard help">?</button></header>
<main id="desk" class="desk vacant">
<section class="look" aria-label="Picture"><div id="stage" class="stage"><div id="picture" class="picture"></div></div><p id="blinking" class="blinking" role="status" hidden></p><p id="nothing" class="notice" hidden>No frame is of this kind. Choose others above.</p></section>
<aside class="side"><div id="verdicts" class="verdicts" role="group" aria-label="Your verdict">${choosable.map(verdictButton)}</div>
<div id="causes" class="chips" role="group" aria-label="What is wrong with it">${causeKeys.map(causeChip)}</div>
<div id="details" class="details" tabindex="0" aria-label="About this frame"></div></aside>
<div class="controls" role="toolbar" aria-label="Picture">${tool('ArrowLeft', '←', 'Previous frame (k or left)')}${tool('ArrowRight', '→', 'Next frame (j or right)')}<span class="space"></span>${tool('u', 'Undo', 'Take the last word back (u)')}<button type="button" id="blink" data-act="b" aria-pressed="false" title="Show the session’s neighbour, and back (b)">Blink</button><button type="button" id="overlay" data-act="o" aria-pressed="true" title="Marks on the picture (o)">Marks</button><span class="space"></span>${tool('-', '−', 'Smaller (-)')}<span id="scale" class="place"></span>${tool('+', '+', 'Larger (+)')}${tool('f', 'Fit', 'Whole picture (f)')}</div>
<nav id="strip" class="strip" aria-label="Frames"></nav>
</main>
${help()}
<noscript><p class="notice">The review is drawn by a script, which is switched off in this browser.</p></noscript>`
}

const tool = (act: string, label: string, title: string) =>
  html`<button type="button" data-act="${act}" title="${title}" aria-label="${title}">${label}</button>`

function verdictButton({ key, name, hint, action }: (typeof choosable)[number]): Markup {
  return html`<button type="button" class="verdict ${action}" data-say="${key}" data-action="${action}" aria-pressed="false" title="${`${name}: ${hint} (${key})`}">${actionMark(action)}<span>${name}</span><kbd>${key}</kbd></button>`
}

function causeChip(kind: (typeof causeKeys)[number], index: number): Markup {
  const key = causeKey(index)
  const { name, meaning } = causeWords[kind]
  return html`<button type="button" class="chip" data-cause="${kind}" aria-pressed="false" title="${meaning}">${key === '' ? html`` : html`<kbd>${key}</kbd>`}${name}</button>`
}

const keys: readonly (readonly [string, string])[] = [
  ['→  j', 'next frame'],
  ['←  k', 'previous frame'],
  ['Home  End', 'first, last frame'],
  ['PgUp  PgDn', 'ten frames back, ahead'],
  ...choosable.map(({ key, name, hint }) => [key, `${name.toLowerCase()}: ${hint}`] as const),
  ['1  …  0', 'name what is wrong; once more takes it away'],
  ['u', 'take the last word back'],
]

const lookKeys: readonly (readonly [string, string])[] = [
  ['click', 'near, and far again; drag moves'],
  ['+  −', 'zoom; so does the wheel'],
  ['f', 'whole picture'],
  ['b', 'blink with the session’s neighbour'],
  ['o', 'marks on or off'],
  ['?', 'this help'],
]

function help(): Markup {
  const rows = (list: typeof keys) =>
    html`<dl>${list.map(([key, meaning]) => html`<dt>${key.split('  ').map((one) => html`<kbd>${one}</kbd> `)}</dt><dd>${meaning}</dd>`)}</dl>`
  return html`<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2><div class="two"><div><h3>Judging</h3>${rows(keys)}</div><div><h3>Looking</h3>${rows(lookKeys)}</div></div><p class="quiet">Every word is written to manifest.json at once, and the frame goes into the folder of its verdict. Originals are never changed.</p><p><button type="button" data-act="?">Close</button></p></dialog>`
}
