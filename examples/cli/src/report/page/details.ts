import { formatFixed, formatMoment, formatNumber, formatPercent, type Zone } from './format.ts'
import { html, type Markup } from './markup.ts'
import type { PageFrame } from './model.ts'
import { actionPill, scoreBar, splitPath, thumbMarkup } from './rows.ts'
import {
  actionWords,
  causeNames,
  describeCause,
  streakWords,
  verdictWords,
  wordsFor,
} from './words.ts'

/** All that is known of a frame, for the panel beside its full-size picture. */
export function detailsMarkup(frame: PageFrame, session: string, zone: Zone): Markup {
  const { folder, name } = splitPath(frame.file)
  const { action, verdict, score } = frame.assessment
  return html`<h2 id="viewer-title">${name}</h2>
<p class="quiet">${[folder, frame.timeMs === undefined ? '' : formatMoment(frame.timeMs, zone)].filter(Boolean).join(' · ')}</p>
<p class="decision">${actionPill(action)} <span>${verdictWords[verdict]} · score ${formatFixed(score, 2)}</span></p>
<p>${actionWords[action].meaning}</p>
${correctionMarkup(frame)}
${causesMarkup(frame)}
${trailsMarkup(frame)}
<h3>Measured</h3>
<dl class="facts">${facts(frame, session).map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
${zonesMarkup(frame)}`
}

/** Who said so, where that was not the prefilter. */
function correctionMarkup({ assessment: { corrected } }: PageFrame): Markup {
  if (corrected === undefined) return html``
  const { action, causes, was } = corrected
  const agrees = action === was.action && corrected.verdict === was.verdict
  const before = agrees
    ? 'The prefilter says the same.'
    : `The prefilter had said: ${actionWords[was.action].name.toLowerCase()} (${verdictWords[was.verdict]}).`
  const named = causes?.map((kind) => wordsFor(kind).name.toLowerCase()).join(', ')
  return html`<p class="corrected">${agrees ? 'Confirmed' : 'Corrected'} by a person${named ? `: ${named}` : ''}. ${before}</p>`
}

/** FWHM in nine zones, tinted by how much wider than in the sharpest: shows tilt and field curvature. */
function zonesMarkup({ assessment, width, height }: PageFrame): Markup {
  const zones = assessment.stars.fwhmZonesPx
  const known = zones.filter((value) => value !== null)
  if (known.length < 2) return html``
  const sharpest = Math.min(...known)
  const [wide, tall] = [84, Math.min(84, Math.max(30, (84 * height) / width))]
  return html`<h3>FWHM across the frame, px</h3><svg class="zones" viewBox="0 0 252 ${3 * tall}" role="img" aria-label="${`FWHM in pixels, row by row: ${zones.map((value) => formatFixed(value ?? undefined, 1)).join(', ')}`}">${zones.map(
    (value, index) => {
      const x = (index % 3) * wide
      const y = Math.floor(index / 3) * tall
      const tint = value === null ? 0 : Math.min(0.75, (value / sharpest - 1) * 1.5)
      return html`<rect x="${x + 1}" y="${y + 1}" width="${wide - 2}" height="${tall - 2}" rx="5"/><rect class="wider" x="${x + 1}" y="${y + 1}" width="${wide - 2}" height="${tall - 2}" rx="5" fill-opacity="${tint.toFixed(2)}"/><text x="${x + wide / 2}" y="${y + tall / 2 + 4}" text-anchor="middle">${formatFixed(value ?? undefined, 2)}</text>`
    },
  )}</svg>`
}

function causesMarkup({ assessment, reasons }: PageFrame): Markup {
  if (assessment.causes.length === 0) return html`<h3>Why</h3><p class="quiet">Nothing found.</p>`
  const worstFirst = assessment.causes
    .map((cause, index) => ({ cause, reason: reasons[index] }))
    .sort((a, b) => b.cause.severity - a.cause.severity)
  return html`<h3>Why</h3><ul class="reasons">${worstFirst.map(({ cause, reason }) => {
    const words = wordsFor(cause.kind)
    const numbers = describeCause(cause)
    return html`<li><div class="reason"><strong>${words.name}</strong><span title="${`Severity ${formatFixed(cause.severity, 2)}`}">${scoreBar(cause.severity, 'severity')}</span></div><p>${reason === undefined ? words.meaning : withoutName(reason)}</p>${numbers.length === 0 ? html`` : html`<p class="evidence">${numbers.map((number) => html`<span>${number}</span>`)}</p>`}</li>`
  })}</ul>`
}

/** `Cloud: 35 % of the light came through` below the heading `Cloud` says that word once. */
function withoutName(reason: string): string {
  const rest = reason.replace(/^[^:]{3,32}: /, '')
  return rest.charAt(0).toUpperCase() + rest.slice(1)
}

function trailsMarkup({ assessment: { streaks } }: PageFrame): Markup {
  if (streaks.length === 0) return html``
  return html`<h3>Trails</h3><ul class="trails">${streaks.map(
    (streak) =>
      html`<li><span class="swatch ${streak.kind}" aria-hidden="true"></span><div>${streakWords[streak.kind]}${streak.edgeToEdge ? ', edge to edge' : ''}<small>${formatNumber(streak.lengthPx)} px long, ${formatFixed(streak.widthPx, 1)} px wide, SNR ${formatNumber(streak.snr)}; from (${formatFixed(streak.x0, 0)}, ${formatFixed(streak.y0, 0)}) to (${formatFixed(streak.x1, 0)}, ${formatFixed(streak.y1, 0)})</small></div></li>`,
  )}</ul>`
}

function facts(frame: PageFrame, session: string): readonly (readonly [string, string])[] {
  const { stars, background, clouds, probability, decidedBy } = frame.assessment
  const arcsec = stars.fwhmArcsec === undefined ? '' : ` (${formatFixed(stars.fwhmArcsec, 2)}″)`
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Stars', `${formatNumber(stars.count)}, ${formatNumber(stars.measured)} measured`],
    ['FWHM', stars.fwhmPx > 0 ? `${formatFixed(stars.fwhmPx, 2)} px${arcsec}` : '–'],
    ['HFR', stars.hfrPx > 0 ? `${formatFixed(stars.hfrPx, 2)} px` : '–'],
    ['Eccentricity', formatFixed(stars.eccentricity, 2)],
    ['Elongation', elongation(stars)],
    ['Sky', `${formatNumber(background.level)} ± ${formatNumber(background.rms)}`],
    ['Sky gradient', formatPercent(background.gradient)],
    ['Transparency', formatPercent(clouds.transparency)],
    ['Covered', formatPercent(clouds.coverage)],
    ['P(clean)', probability === undefined ? undefined : formatFixed(probability, 2)],
    ['Decided by', decidedBy === 'both' ? 'prefilter and model' : decidedBy],
    ['Exposure', frame.exposureS === undefined ? undefined : `${formatNumber(frame.exposureS)} s`],
    ['Size', `${frame.width} × ${frame.height} px`],
    ['Session', session],
    ['Sorted to', frame.sorted],
    ['Mask', frame.mask],
  ]
  return rows.flatMap(([term, value]) => (value === undefined ? [] : [[term, value] as const]))
}

function elongation(stars: PageFrame['assessment']['stars']): string {
  const share = formatPercent(stars.elongationCoherence)
  return `towards ${formatFixed(stars.elongationDeg, 0)}°, ${share} of stars agree`
}

/** The small card shown while the pointer is over a curve. */
export function hoverMarkup(frame: PageFrame, zone: Zone): Markup {
  const { action, causes, stars, clouds } = frame.assessment
  const names = causeNames(causes).join(', ')
  const arcsec = stars.fwhmArcsec === undefined ? '' : ` (${formatFixed(stars.fwhmArcsec, 2)}″)`
  const numbers = [
    stars.fwhmPx > 0 ? `FWHM ${formatFixed(stars.fwhmPx, 2)} px${arcsec}` : '',
    `${formatNumber(stars.count)} stars`,
    `transparency ${formatPercent(clouds.transparency)}`,
  ]
  return html`${frame.preview ? html`<span class="thumb">${thumbMarkup(frame)}</span>` : html``}<strong>${splitPath(frame.file).name}</strong>
<span>${actionPill(action)} ${frame.timeMs === undefined ? '' : formatMoment(frame.timeMs, zone)}</span>
<span class="quiet">${numbers.filter(Boolean).join(' · ')}</span>
${names === '' ? html`` : html`<span>${names}</span>`}`
}
