import type { ReportFailure, ReportNight, ReportSession } from './night.ts'
import {
  formatDuration,
  formatFixed,
  formatMoment,
  formatNumber,
  formatPercent,
} from './page/format.ts'
import { html, type Markup } from './page/markup.ts'
import { columns } from './page/model.ts'
import { actionMark, breakable, splitPath } from './page/rows.ts'
import { actionOrder, actionWords, wordsFor } from './page/words.ts'
import { helpDialog, legend, viewerDialog } from './static.ts'
import { type Summary, summarize } from './summary.ts'

/** Everything in the page's body except data and script. */
export function bodyMarkup(night: ReportNight): Markup {
  const summary = summarize(night)
  const hasFrames = night.frames.length > 0
  return html`<a class="skip" href="#frames">Skip to the frames</a>
${pageHeader(night, summary)}
<main>
${hasFrames ? glance(summary, night) : emptyNight(night)}
${hasFrames ? curves() : html``}
${hasFrames ? frameTable(night.sessions) : html``}
${failures(night.failed)}
${legend()}
</main>
<footer>${[night.producer, `report of ${formatMoment(night.createdMs, 'utc')}`].filter(Boolean).join(' · ')} · originals are never changed</footer>
${hasFrames ? html`${viewerDialog()}${helpDialog()}<div id="hover" class="hover" hidden></div>` : html``}
<noscript><p class="notice">The table and the curves are drawn by a script in this file; it is switched off in this browser.</p></noscript>`
}

function pageHeader(night: ReportNight, summary: Summary): Markup {
  const { firstMs, lastMs } = summary
  const span =
    firstMs === undefined || lastMs === undefined
      ? ''
      : `${formatMoment(firstMs, 'utc').slice(0, 16)} to ${formatMoment(lastMs, 'utc').slice(0, 16)} UTC`
  const counted = `${formatNumber(summary.frames)} ${summary.frames === 1 ? 'frame' : 'frames'}`
  return html`<header class="top"><div class="brand">${logo}<div><h1>${night.title}</h1><p class="quiet">${[counted, span].filter(Boolean).join(' · ')}<br><span class="path">${night.input}</span></p></div></div>
${summary.frames === 0 ? html`` : html`<div class="switches"><button type="button" id="zone" title="Tell times in UTC or in local time (u)">UTC</button><button type="button" data-help title="Keys (?)" aria-label="Keyboard help">?</button></div>`}</header>`
}

const logo = html`<svg class="logo" viewBox="0 0 48 48" aria-hidden="true" focusable="false"><circle cx="24" cy="24" r="22"/><path class="ray" d="M6 38L42 12"/><path class="star" d="M20 10l2.6 8.4L31 21l-8.4 2.6L20 32l-2.6-8.4L9 21l8.4-2.6Z"/></svg>`

function emptyNight(night: ReportNight): Markup {
  const why =
    night.failed.length > 0
      ? 'None of the files could be read as a frame; the list below says why.'
      : 'No frames were found in the folder.'
  return html`<section class="panel empty"><h2>Nothing to show</h2><p>${why}</p></section>`
}

function glance(summary: Summary, night: ReportNight): Markup {
  return html`<section aria-labelledby="glance-title"><h2 id="glance-title" class="unseen">The night at a glance</h2>
<div class="panel decisions">${shareBar(summary)}<div class="counts">${actionOrder.map((action) => {
    const count = summary.byAction[action]
    return html`<button type="button" class="count ${action}" data-action="${action}" aria-pressed="false" title="${actionWords[action].meaning}"><span class="big">${count}</span><span class="what">${actionMark(action)}${actionWords[action].name}</span><span class="share">${formatPercent(count / summary.frames)}</span></button>`
  })}</div></div>
<div class="cards">${cards(summary, night)}</div>
${causeBars(summary)}
</section>`
}

function shareBar(summary: Summary): Markup {
  let x = 0
  const parts = actionOrder.map((action) => {
    const width = (1000 * summary.byAction[action]) / summary.frames
    x += width
    return html`<rect class="${action}" x="${x - width}" width="${width}" height="10"/>`
  })
  const words = actionOrder.map(
    (a) => `${summary.byAction[a]} ${actionWords[a].name.toLowerCase()}`,
  )
  return html`<svg class="share-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${words.join(', ')}">${parts}</svg>`
}

function cards(summary: Summary, night: ReportNight): readonly Markup[] {
  const { fwhmPx, fwhmArcsec, stars, transparency, best, takenS, keptS } = summary
  const kept = takenS > 0 ? formatDuration(keptS) : '–'
  const taken =
    takenS > 0
      ? `of ${formatDuration(takenS)}, ${formatPercent(keptS / takenS)}`
      : 'exposure times unknown'
  const sharp = fwhmArcsec === undefined ? '' : `${formatFixed(fwhmArcsec, 2)}″ on the sky`
  return [
    card('Integration kept', kept, taken),
    card('Median FWHM', fwhmPx === undefined ? '–' : `${formatFixed(fwhmPx, 2)} px`, sharp),
    card(
      'Median stars',
      stars === undefined ? '–' : formatNumber(stars),
      transparency === undefined ? '' : `transparency ${formatPercent(transparency)}`,
    ),
    card('Trails', String(summary.trails), sessionsText(night.sessions)),
    best === undefined
      ? card('Best frame', '–', 'no frame to keep')
      : html`<div class="card"><p class="label">Best frame</p><p><button type="button" class="link" data-open="${best.id}">${breakable(splitPath(best.frame.file).name)}</button></p><p class="quiet">score ${formatFixed(best.frame.assessment.score, 2)}</p></div>`,
  ]
}

function sessionsText(sessions: readonly ReportSession[]): string {
  return sessions.length === 1 ? 'in one session' : `in ${sessions.length} sessions`
}

function card(label: string, value: string, more: string): Markup {
  return html`<div class="card"><p class="label">${label}</p><p class="value">${value}</p><p class="quiet">${more}</p></div>`
}

function causeBars({ causes }: Summary): Markup {
  if (causes.length === 0) return html``
  return html`<div class="panel"><h3>Why frames were marked</h3><div class="causes">${causes.map(
    (cause) => {
      const words = wordsFor(cause.kind)
      return html`<button type="button" class="cause" data-cause="${cause.kind}" aria-pressed="false" title="${words.meaning}"><span>${words.name}</span><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false"><rect class="track" width="100" height="6"/><rect class="fill" width="${(100 * cause.frames) / causes[0]!.frames}" height="6"/></svg><span class="number">${cause.frames}</span></button>`
    },
  )}</div></div>`
}

function curves(): Markup {
  return html`<section aria-labelledby="curves-title" class="panel"><div class="bar"><h2 id="curves-title">Over the night</h2><span class="key">${actionOrder.map((action) => html`<span>${actionMark(action)}${actionWords[action].name}</span>`)}</span><button type="button" id="axis" title="Place frames by time or by their order">By time</button></div>
<div id="curves" class="curves"></div><p id="untimed" class="quiet" hidden></p></section>`
}

function frameTable(sessions: readonly ReportSession[]): Markup {
  return html`<section id="frames" aria-labelledby="frames-title" tabindex="-1"><div class="bar tools"><h2 id="frames-title">Frames</h2>
<label class="search"><span class="unseen">Search by name or cause</span><input id="search" type="search" placeholder="Search name or cause  /" autocomplete="off" spellcheck="false"></label>
<label${sessions.length > 1 ? html`` : html` hidden`}><span class="unseen">Session</span><select id="session"><option value="">All sessions</option>${sessions.map((session) => html`<option value="${session.key}">${session.label}</option>`)}</select></label>
<label class="sort"><span class="unseen">Sort by</span><select id="sort"><option value="">Order of the night</option>${columns.map((column) => html`<option value="${column.id}">Sort: ${column.label}</option>`)}</select></label><button type="button" id="turn" class="sort" aria-pressed="false" title="Turn the order round" aria-label="Descending">⇅</button>
<span id="count" class="quiet" role="status"></span><button type="button" id="reset" hidden>Show all</button></div>
<div class="panel flush"><table id="table"><caption class="unseen">All frames of the night</caption><thead id="heads"></thead><tbody id="rows"></tbody></table><p id="nothing" class="notice" hidden>No frame matches. Change the search or press “Show all”.</p></div></section>`
}

function failures(failed: readonly ReportFailure[]): Markup {
  if (failed.length === 0) return html``
  const head = `${failed.length} ${failed.length === 1 ? 'file' : 'files'} could not be judged`
  return html`<section class="panel failed" aria-labelledby="failed-title"><h2 id="failed-title">${head}</h2><ul>${failed.map(({ file, error }) => html`<li><code>${file}</code><span>${error}</span></li>`)}</ul></section>`
}
