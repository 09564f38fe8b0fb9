import type { CauseKind, StreakKind } from '@nebulift/prefilter'
import { html, type Markup } from './page/markup.ts'
import { actionMark } from './page/rows.ts'
import { actionOrder, actionWords, causeWords, streakWords } from './page/words.ts'

/** The full-size view, filled by the page when a frame is opened. */
export function viewerDialog(): Markup {
  const button = (view: string, label: string, title: string) =>
    html`<button type="button" data-view="${view}" title="${title}" aria-label="${title}">${label}</button>`
  return html`<dialog id="viewer" aria-labelledby="viewer-title" tabindex="-1" autofocus><div class="viewer">
<div id="stage" class="stage"><div id="picture" class="picture"></div></div>
<aside id="details" class="details" tabindex="0" aria-live="polite"></aside>
<div class="controls" role="toolbar" aria-label="Full-size view">${button('ArrowLeft', '←', 'Previous frame (k or left)')}<span id="place" class="place"></span>${button('ArrowRight', '→', 'Next frame (j or right)')}<span class="space"></span><button type="button" id="overlay" data-view="o" aria-pressed="true" title="Marks on the picture (o)">Marks</button>${button('-', '−', 'Smaller (-)')}<span id="scale" class="place"></span>${button('+', '+', 'Larger (+)')}${button('f', 'Fit', 'Whole picture (f)')}${button('1', '1:1', 'One picture pixel to one screen pixel (1)')}<span class="space"></span><button type="button" data-help title="Keys (?)" aria-label="Keyboard help">?</button>${button('close', '✕', 'Close (Esc)')}</div>
</div></dialog>`
}

const keys: readonly (readonly [string, string])[] = [
  ['/', 'search'],
  ['j  k', 'next, previous row'],
  ['Enter', 'open the frame'],
  ['r', 'show all frames again'],
  ['u', 'UTC or local time'],
  ['?', 'this help'],
]

const viewerKeys: readonly (readonly [string, string])[] = [
  ['→  j', 'next frame'],
  ['←  k', 'previous frame'],
  ['Home  End', 'first, last frame'],
  ['o', 'marks on or off'],
  ['+  −', 'zoom; so does the wheel'],
  ['f  1', 'whole picture, one to one; double click changes between them'],
  ['drag', 'move the picture'],
  ['Esc', 'close'],
]

/** The list of keys. */
export function helpDialog(): Markup {
  const list = (rows: typeof keys) =>
    html`<dl>${rows.map(([key, meaning]) => html`<dt>${key.split('  ').map((one) => html`<kbd>${one}</kbd> `)}</dt><dd>${meaning}</dd>`)}</dl>`
  return html`<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2><div class="two"><div><h3>In the report</h3>${list(keys)}</div><div><h3>In the full-size view</h3>${list(viewerKeys)}</div></div><p><button type="button" data-help>Close</button></p></dialog>`
}

/** What the signs mean and how frames were judged, in plain words. */
export function legend(): Markup {
  const streaks = Object.entries(streakWords) as [StreakKind, string][]
  const causes = Object.entries(causeWords) as [CauseKind, { name: string; meaning: string }][]
  return html`<details class="panel legend"><summary><h2>How to read this report</h2></summary><div class="columns">
<div><h3>Decisions</h3><dl class="meanings">${actionOrder.map((action) => html`<dt>${actionMark(action)}${actionWords[action].name}</dt><dd>${actionWords[action].meaning}</dd>`)}</dl>
<h3>Marks on pictures</h3><dl class="meanings">${streaks.map(([kind, name]) => html`<dt><span class="swatch ${kind}" aria-hidden="true"></span>${name}</dt><dd>two lines beside the trail, bars at its ends</dd>`)}<dt><span class="swatch covered" aria-hidden="true"></span>Covered</dt><dd>cells in which stars are missing or dimmed by clouds or an obstacle</dd><dt><span class="swatch dimmed" aria-hidden="true"></span>Dimmed</dt><dd>cells that lost more than 15 % of their star light</dd></dl></div>
<div><h3>How frames are judged</h3>${methods.map((text) => html`<p>${text}</p>`)}</div>
<div><h3>Causes</h3><dl class="meanings">${causes.map(([, words]) => html`<dt>${words.name}</dt><dd>${words.meaning}</dd>`)}</dl></div></div></details>`
}

const methods: readonly string[] = [
  'Frames of one target, filter, exposure, gain, binning and camera form a session and are compared with each other, with medians that one bad frame cannot move. A frame alone is judged by absolute measures, and more cautiously.',
  'Stars are found above the local noise. FWHM and HFR tell how wide they are, eccentricity how round. Where the header gives a plate scale, widths are told in arcseconds as well.',
  'Trails are searched along all straight lines at once, after stars and their spikes have been taken out. A trail spoils few pixels: the frame is kept and a mask is written beside it.',
  'Clouds are seen by the light of stars that the clear frames of the session have too, cell by cell. Moonlight and gradients lower the score, but never the verdict.',
  'The score runs from 0 (useless) to 1 (as good as the best of the night). Where the evidence does not suffice, the frame is left for you to review. Originals are never changed.',
]
