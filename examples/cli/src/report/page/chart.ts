import type { Action } from '@nebulift/prefilter'
import { formatNumber } from './format.ts'
import { html, type Markup } from './markup.ts'
import type { PageFrame } from './model.ts'
import { type Axis, niceTicks, valueRange } from './scales.ts'

/** A measure that is drawn over the night. */
export interface Metric {
  readonly id: string
  readonly label: string
  readonly unit: string
  readonly value: (frame: PageFrame) => number | undefined
}

const positive = (value: number | undefined) =>
  value !== undefined && value > 0 ? value : undefined

/** The four curves. FWHM is told in arcseconds where every frame has a plate scale. */
export function metricsOf(frames: readonly PageFrame[]): readonly Metric[] {
  const measured = frames.filter((frame) => frame.assessment.stars.fwhmPx > 0)
  const onSky =
    measured.length > 0 && measured.every((f) => f.assessment.stars.fwhmArcsec !== undefined)
  return [
    {
      id: 'fwhm',
      label: 'FWHM',
      unit: onSky ? 'arcsec' : 'px',
      value: ({ assessment: { stars } }) => positive(onSky ? stars.fwhmArcsec : stars.fwhmPx),
    },
    {
      id: 'stars',
      label: 'Stars',
      unit: 'count',
      value: (frame) => frame.assessment.stars.count,
    },
    {
      id: 'background',
      label: 'Sky background',
      unit: 'image units',
      value: (frame) => frame.assessment.background.level,
    },
    {
      id: 'transparency',
      label: 'Transparency',
      unit: '%',
      value: (frame) => 100 * (frame.assessment.clouds.transparency ?? Number.NaN),
    },
  ]
}

/** A frame's place on the curves. */
export interface ChartPoint {
  readonly frame: PageFrame
  readonly x: number
  /** Number of the frame's session, from 0: gives the line its colour. */
  readonly session: number
  /** Whether a line leads here from the point before in the same session. */
  readonly joined: boolean
  /** Not among the chosen frames: drawn faintly. */
  readonly faint: boolean
}

export interface ChartFrame {
  readonly axis: Axis
  readonly widthPx: number
  readonly heightPx: number
  readonly leftPx: number
}

/** Shapes of the marks, so that colour alone decides nothing. */
export const markShapes: Readonly<Record<Action, string>> = {
  keep: 'M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0-6.8 0Z',
  mask: 'M0-4.8L4.8 0L0 4.8L-4.8 0Z',
  review: 'M0-4.6L4.7 3.7H-4.7Z',
  reject: 'M-3.9-3.9L3.9 3.9M3.9-3.9L-3.9 3.9',
}

const round = (value: number) => Math.round(value * 10) / 10

/** One curve over the night, as SVG in pixels. */
export function chartMarkup(
  points: readonly ChartPoint[],
  metric: Metric,
  { axis, widthPx, heightPx, leftPx }: ChartFrame,
): Markup {
  const values = points.flatMap((point) => metric.value(point.frame) ?? [])
  const [low, high] = valueRange(values)
  const top = 8
  const bottom = heightPx - 22
  const y = (value: number) => {
    const inside = Math.min(high, Math.max(low, value))
    return bottom - ((inside - low) / (high - low)) * (bottom - top)
  }
  const name = `${metric.label} (${metric.unit}) over the night, ${values.length} frames`
  return html`<svg class="chart" data-metric="${metric.id}" role="img" aria-label="${name}" width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}">
${niceTicks(low, high, 4).map((tick) => valueTick(tick, round(y(tick)), leftPx, widthPx))}
${axis.ticks.map((tick) => html`<text class="tick" x="${round(Math.min(widthPx - 18, leftPx + tick.x))}" y="${heightPx - 6}" text-anchor="middle">${tick.label}</text>`)}
${axis.breaks.map((x) => html`<path class="break" d="M${round(leftPx + x) - 3} ${bottom + 4}l4-8m2 8l4-8"/>`)}
<line class="cursor" x1="0" x2="0" y1="${top - 4}" y2="${bottom}"/>
${sessionLines(points, metric, (value) => y(value), leftPx)}
${points.map((point) => mark(point, metric, (value) => y(value), leftPx))}
</svg>`
}

function valueTick(tick: number, y: number, leftPx: number, widthPx: number): Markup {
  return html`<line class="rule" x1="${leftPx}" x2="${widthPx}" y1="${y}" y2="${y}"/><text class="tick" x="${leftPx - 8}" y="${y + 4}" text-anchor="end">${formatNumber(tick)}</text>`
}

function sessionLines(
  points: readonly ChartPoint[],
  metric: Metric,
  y: (value: number) => number,
  leftPx: number,
): readonly Markup[] {
  const paths = new Map<number, string>()
  const broken = new Set<number>()
  for (const point of points) {
    const value = metric.value(point.frame)
    if (value === undefined) {
      broken.add(point.session)
      continue
    }
    const before = paths.get(point.session) ?? ''
    const pen = before === '' || !point.joined || broken.has(point.session) ? 'M' : 'L'
    broken.delete(point.session)
    paths.set(point.session, `${before}${pen}${round(leftPx + point.x)} ${round(y(value))}`)
  }
  return [...paths].map(
    ([session, path]) => html`<path class="line session-${session % 6}" d="${path}"/>`,
  )
}

function mark(
  { frame, x, faint }: ChartPoint,
  metric: Metric,
  y: (value: number) => number,
  leftPx: number,
): Markup {
  const value = metric.value(frame)
  if (value === undefined) return html``
  const { action } = frame.assessment
  return html`<path class="mark ${action}${faint ? ' faint' : ''}" data-id="${frame.id}" transform="translate(${round(leftPx + x)} ${round(y(value))})" d="${markShapes[action]}"/>`
}

/** Longest pause within which two frames of a session are joined by a line: four usual steps. */
export function longestStep(times: readonly number[]): number {
  const steps = times
    .slice(1)
    .map((time, index) => time - times[index]!)
    .filter((step) => step > 0)
    .sort((a, b) => a - b)
  return 4 * (steps[steps.length >> 1] ?? 0)
}
