import type { Action, FrameAssessment, Verdict } from '@nebulift/prefilter'
import { explainCause } from '@nebulift/prefilter'
import type { JudgedFile } from '../frame/judgeFile.ts'
import type { ManifestFrame } from '../output/manifest.ts'
import type { Format, Paint } from './terminal.ts'
import { formatNumber, plural, printable } from './text.ts'

/** Colours of verdicts and actions, the same everywhere. */
export const verdictFormats: Readonly<Record<Verdict | Action, Format>> = {
  clean: 'green',
  keep: 'green',
  contaminated: 'yellow',
  mask: 'yellow',
  review: 'cyan',
  reject: 'red',
}

/** Verdict, action and score in one line. */
export function headline({ verdict, action, score }: FrameAssessment, paint: Paint): string {
  const shown = paint([verdictFormats[action], 'bold'].flat() as Format, `${verdict}: ${action}`)
  return `${shown}, score ${score.toFixed(2)}`
}

/** What is known of one frame, as a small block of lines; with `numbers`, also all that its causes rest on. */
export function frameText(
  frame: ManifestFrame,
  paint: Paint,
  { numbers = false }: { numbers?: boolean } = {},
): string {
  const { stars, background, clouds, streaks, causes } = frame
  const dim = (text: string) => paint('dim', text)
  const arcsec = stars.fwhmArcsec === undefined ? '' : ` = ${stars.fwhmArcsec.toFixed(2)}"`
  const shape =
    stars.fwhmPx > 0
      ? `, FWHM ${stars.fwhmPx.toFixed(2)} px${arcsec}, HFR ${stars.hfrPx.toFixed(2)} px, eccentricity ${stars.eccentricity.toFixed(2)}`
      : ''
  const lines = [
    `${paint('bold', printable(frame.file))}  ${headline(frame, paint)}`,
    ...opinion(frame, dim),
    ...causes.map((cause) => `  ${numbers ? causeText(cause) : causeWords(cause)}`),
    `  ${dim('stars')}       ${stars.count}${shape}`,
    `  ${dim('background')}  ${formatNumber(background.level)} ± ${formatNumber(background.rms)}, gradient ${percent(background.gradient)}`,
    `  ${dim('clouds')}      ${cloudText(clouds)}`,
    ...streaks.map((streak) => `  ${dim('streak')}      ${streakText(streak)}`),
  ]
  if (frame.kind !== 'light') {
    lines.push(`  ${dim('note')}        the header calls this a ${frame.kind} frame, not a light`)
  }
  return lines.join('\n')
}

/** What a model said, and who decided. */
function opinion(
  { probability, decidedBy, clouds }: ManifestFrame,
  dim: (text: string) => string,
): string[] {
  if (probability === undefined) return []
  const who = decidedBy === 'both' ? 'prefilter and model agree' : `decided by the ${decidedBy}`
  const alone =
    clouds.transparency === null ? ' (without its night: less certain than it says)' : ''
  return [`  ${dim('model')}       clean with ${percent(probability)}${alone}; ${who}`]
}

function cloudText({ coverage, transparency }: ManifestFrame['clouds']): string {
  if (coverage === null || transparency === null) return 'unknown: no other frame to compare with'
  return `${percent(coverage)} covered, transparency ${percent(transparency)}`
}

/** A cause in plain words. */
function causeWords(cause: FrameAssessment['causes'][number]): string {
  return `${cause.kind} ${cause.severity.toFixed(2)}: ${explainCause(cause)}`
}

/** A cause in plain words and by all numbers it rests on. */
export function causeText(cause: FrameAssessment['causes'][number]): string {
  const numbers = Object.entries(cause.evidence).map(([name, n]) => `${name} ${formatNumber(n)}`)
  const evidence = numbers.length > 0 ? ` (${numbers.join(', ')})` : ''
  return `${causeWords(cause)}${evidence}`
}

export function streakText(streak: FrameAssessment['streaks'][number]): string {
  const { x0, y0, x1, y1, kind, lengthPx, widthPx, snr, pixelSnr } = streak
  const ends = `(${x0.toFixed(0)}, ${y0.toFixed(0)}) to (${x1.toFixed(0)}, ${y1.toFixed(0)})`
  const size = `${lengthPx.toFixed(0)} px long, ${widthPx.toFixed(1)} px wide`
  return `${kind} ${ends}, ${size}, S/N ${snr.toFixed(0)} (${pixelSnr.toFixed(1)} a pixel)`
}

/** The measures of one frame in a line, for the log. */
export function measuredText({ measurement, readMs, measureMs }: JudgedFile): string {
  const { stars, background, streaks, rejectedStreaks } = measurement
  const trails = `${plural(streaks.length, 'streak')} (${plural(rejectedStreaks.length, 'candidate')} rejected)`
  const sky = `sky ${formatNumber(background.level)} ± ${formatNumber(background.rms)}`
  const times = `read ${readMs.toFixed(0)} ms, measured ${measureMs.toFixed(0)} ms`
  return `${stars.count} stars, FWHM ${stars.fwhmPx.toFixed(2)} px, ${sky}, ${trails}; ${times}`
}

const percent = (share: number) => `${Math.round(share * 100)} %`
