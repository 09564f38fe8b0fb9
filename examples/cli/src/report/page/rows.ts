import { markShapes } from './chart.ts'
import { clockOf, formatFixed, formatNumber, formatPercent, type Zone } from './format.ts'
import { html, type Markup } from './markup.ts'
import { type Column, columns, type PageFrame } from './model.ts'
import { overlayMarkup } from './overlay.ts'
import { actionWords, causeNames, verdictWords } from './words.ts'

/** A small mark in an action's colour and shape. */
export function actionMark(action: PageFrame['assessment']['action']): Markup {
  return html`<svg class="dot" viewBox="-6 -6 12 12" aria-hidden="true" focusable="false"><path class="mark ${action}" d="${markShapes[action]}"/></svg>`
}

/** `Reject`, with its mark, as a coloured pill. */
export function actionPill(action: PageFrame['assessment']['action']): Markup {
  return html`<span class="pill ${action}">${actionMark(action)}${actionWords[action].name}</span>`
}

/** A share of one as a short bar and a number. */
export function scoreBar(score: number, kind = 'fill'): Markup {
  const length = Math.round(40 * Math.min(1, Math.max(0, score)) * 10) / 10
  return html`<span class="score"><svg viewBox="0 0 40 4" aria-hidden="true" focusable="false"><rect class="track" width="40" height="4" rx="2"/><rect class="${kind}" width="${length}" height="4" rx="2"/></svg>${formatFixed(score, 2)}</span>`
}

/** The words a folder and a file name are made of, so that long names can be told apart. */
export function splitPath(file: string): { folder: string; name: string } {
  const at = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1
  return { folder: file.slice(0, at), name: file.slice(at) }
}

/** A name that may be broken after the signs that join its words. */
export function breakable(name: string): Markup {
  const pieces = name.split(/(?<=[_\-.,; ])/)
  return html`${pieces.map((piece, index) => (index === 0 ? html`${piece}` : html`<wbr>${piece}`))}`
}

type CellContent = (frame: PageFrame, zone: Zone) => Markup

const cells: Readonly<Record<string, CellContent>> = {
  time: ({ timeMs }, zone) => timeText(timeMs, zone),
  action: ({ assessment }) =>
    html`${actionPill(assessment.action)}<small>${verdictWords[assessment.verdict]}</small>`,
  score: ({ assessment }) => scoreBar(assessment.score),
  fwhm: ({ assessment: { stars } }) =>
    stars.fwhmPx > 0
      ? html`${formatFixed(stars.fwhmPx, 2)} px${stars.fwhmArcsec === undefined ? html`` : html`<small>${formatFixed(stars.fwhmArcsec, 2)}″</small>`}`
      : html`–`,
  hfr: ({ assessment: { stars } }) =>
    html`${stars.hfrPx > 0 ? `${formatFixed(stars.hfrPx, 2)} px` : '–'}`,
  eccentricity: ({ assessment: { stars } }) =>
    html`${stars.fwhmPx > 0 ? formatFixed(stars.eccentricity, 2) : '–'}`,
  stars: ({ assessment }) => html`${formatNumber(assessment.stars.count)}`,
  background: ({ assessment: { background } }) =>
    html`${formatNumber(background.level)}<small>±${formatNumber(background.rms)}</small>`,
  transparency: ({ assessment: { clouds } }) =>
    html`${formatPercent(clouds.transparency)}${(clouds.coverage ?? 0) > 0 ? html`<small>${formatPercent(clouds.coverage)} covered</small>` : html``}`,
  streaks: ({ assessment }) => html`${assessment.streaks.length || '–'}`,
  causes: ({ assessment }) => causeTags(assessment.causes),
}

function causeTags(causes: PageFrame['assessment']['causes']): Markup {
  const names = causeNames(causes)
  return names.length === 0
    ? html`<span class="none">nothing found</span>`
    : html`${names.map((name) => html`<span class="tag">${name}</span>`)}`
}

/** A time of day with its date under it; a dash where the header gave none. */
export function timeText(timeMs: number | undefined, zone: Zone): Markup {
  if (timeMs === undefined) return html`–`
  const clock = clockOf(timeMs, zone)
  return html`${clock.time}<small>${clock.date}</small>`
}

/** One row of the table. The picture itself is put in by the page when the row comes into sight. */
export function rowMarkup(frame: PageFrame, zone: Zone): Markup {
  const { folder, name } = splitPath(frame.file)
  const label = `Open ${frame.file}: ${actionWords[frame.assessment.action].name}`
  const [, ...others] = columns
  return html`<tr id="row-${frame.id}" data-id="${frame.id}" data-open="${frame.id}" class="${frame.assessment.action}">
<td class="c-picture"><button type="button" class="thumb" data-open="${frame.id}" aria-label="${label}">${thumbMarkup(frame)}</button></td>
<th scope="row" class="c-file"><span class="name">${breakable(name)}</span>${folder === '' ? html`` : html`<small>${folder}</small>`}</th>
${others.map((column) => html`<td class="c-${column.id}" data-label="${column.label}">${cells[column.id]!(frame, zone)}</td>`)}
</tr>`
}

/** A frame's picture with what was found on it; the page puts the image's address in. */
export function thumbMarkup(frame: PageFrame): Markup {
  const picture = frame.preview
    ? html`<img data-preview="${frame.id}" alt="" width="${frame.preview.width}" height="${frame.preview.height}">`
    : html`<span class="blank">no picture</span>`
  return html`${picture}${overlayMarkup(frame)}`
}

/** The heads of the table's columns; each is a button that sorts. */
export function headMarkup(list: readonly Column[] = columns): Markup {
  return html`<tr><th scope="col" class="c-picture"><span class="unseen">Picture</span></th>${list.map(
    (column) =>
      html`<th scope="col" class="c-${column.id}" data-column="${column.id}"><button type="button" title="${column.title}">${column.label}<span class="arrow" aria-hidden="true"></span></button></th>`,
  )}</tr>`
}
