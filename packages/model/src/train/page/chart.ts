import { html, type Markup, short } from './markup.ts'

/** A curve; places without a finite value are gaps. */
export interface Series {
  readonly name: string
  /** Name of a colour of the style sheet, such as `c0`. */
  readonly color: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Thin and pale: what lies behind the smooth curve. */
  readonly faint?: boolean
  /** Shows each point, not only the line between them. */
  readonly dots?: boolean
  /** How much each point counts; its dot has that area. */
  readonly weights?: readonly number[]
}

/** A chart with a title, axes and curves. */
export interface Chart {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
  /** Ends of the axes. Default: the data's own. */
  readonly xRange?: readonly [number, number]
  readonly yRange?: readonly [number, number]
  /** A dashed line from corner to corner: chance, or perfect calibration. */
  readonly diagonal?: boolean
  /** A place along x that deserves a mark, such as the best epoch. */
  readonly mark?: { readonly x: number; readonly label: string }
  /** As high as wide, for two shares. */
  readonly square?: boolean
}

const MARGIN = { left: 60, right: 14, top: 10, bottom: 38 }

/** A figure with its caption and legend. */
export function chartFigure(chart: Chart): Markup {
  const named = chart.series.filter(({ faint }) => !faint)
  const legend = named.map(({ name, color }) => html`<span><i class="${color}"></i>${name}</span>`)
  return html`<figure class="panel${chart.square ? ' square' : ''}"><figcaption><h3>${chart.title}</h3><span class="key">${legend}</span></figcaption>${svgOf(chart)}</figure>
`
}

function svgOf(chart: Chart): Markup {
  const width = chart.square ? 380 : 620
  const height = chart.square ? 340 : 270
  const finite = chart.series.map(({ points }) =>
    points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
  )
  const all = finite.flat()
  if (all.length === 0) return html`<p class="quiet empty">Nothing to show yet.</p>`
  const [x0, x1] = chart.xRange ?? widened(extent(all.map(([x]) => x)))
  const [y0, y1] = chart.yRange ?? padded(extent(all.map(([, y]) => y)))
  const { left, right, top, bottom } = MARGIN
  const place: Place = {
    x: (x) => left + ((x - x0) / (x1 - x0)) * (width - left - right),
    y: (y) => height - bottom - ((y - y0) / (y1 - y0)) * (height - top - bottom),
  }
  const xTicks = niceTicks(x0, x1, chart.square ? 5 : 8)
  const words = chart.series.map(({ name }) => name).join(', ')
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${chart.title}: ${words} against ${chart.xLabel}">
${axes(chart, { width, height, place, xTicks, yTicks: niceTicks(y0, y1, 6) })}
${chart.diagonal ? line('diagonal', [place.x(x0), place.y(y0), place.x(x1), place.y(y1)]) : ''}
${chart.mark ? markAt(chart.mark, place, { width, height }) : ''}
${chart.series.map((series, i) => curve(series, finite[i], place))}</svg>`
}

interface Place {
  readonly x: (value: number) => number
  readonly y: (value: number) => number
}

interface Axes {
  readonly width: number
  readonly height: number
  readonly place: Place
  readonly xTicks: readonly number[]
  readonly yTicks: readonly number[]
}

function axes({ xLabel, yLabel }: Chart, { width, height, place, xTicks, yTicks }: Axes): Markup {
  const { left, right, top, bottom } = MARGIN
  const floor = height - bottom
  const rows = yTicks.map((tick) => {
    const y = place.y(tick)
    return html`${line('grid', [left, y, width - right, y])}<text class="tick end" x="${left - 7}" y="${fixed(y + 4)}">${short(tick)}</text>`
  })
  const columns = xTicks.map((tick) => {
    const x = place.x(tick)
    return html`${line('tick', [x, floor, x, floor + 4])}<text class="tick middle" x="${fixed(x)}" y="${floor + 17}">${short(tick)}</text>`
  })
  const middle = (top + floor) / 2
  return html`${rows}${columns}${line('axis', [left, floor, width - right, floor])}<text class="label middle" x="${(left + width - right) / 2}" y="${height - 4}">${xLabel}</text><text class="label middle" transform="translate(12 ${middle}) rotate(-90)">${yLabel}</text>`
}

function curve(series: Series, points: Series['points'], place: Place): Markup {
  const path = points
    .map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${fixed(place.x(x))} ${fixed(place.y(y))}`)
    .join('')
  const shown = series.dots || points.length === 1 ? points : []
  const heaviest = Math.max(1, ...(series.weights ?? []))
  const dots = shown.map(([x, y], i) => {
    const radius = series.weights ? 2.5 + 7 * Math.sqrt(series.weights[i] / heaviest) : 3
    return html`<circle class="${series.color}" cx="${fixed(place.x(x))}" cy="${fixed(place.y(y))}" r="${fixed(radius)}"><title>${series.name}: ${short(y)} at ${short(x)}</title></circle>`
  })
  return html`<path class="curve ${series.color}${series.faint ? ' faint' : ''}" d="${path}"/>${dots}`
}

function markAt(
  { x, label }: { x: number; label: string },
  place: Place,
  { width, height }: { width: number; height: number },
): Markup {
  const at = place.x(x)
  // Beside the line on the side where there is room.
  const isRight = at > 0.75 * width
  return html`${line('mark', [at, MARGIN.top, at, height - MARGIN.bottom])}<text class="tick ${isRight ? 'end' : ''}" x="${fixed(isRight ? at - 5 : at + 5)}" y="${MARGIN.top + 10}">${label}</text>`
}

function line(name: string, [x1, y1, x2, y2]: readonly [number, number, number, number]): Markup {
  return html`<line class="${name}" x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}"/>`
}

const fixed = (value: number) => Number(value.toFixed(1))

/** Smallest and largest; a loop, since arguments of a call are limited in number. */
function extent(values: readonly number[]): readonly [number, number] {
  let [low, high] = [values[0], values[0]]
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return [low, high]
}

/** A single place gets room on both sides. */
function widened([low, high]: readonly [number, number]): readonly [number, number] {
  return high > low ? [low, high] : [low - 1, high + 1]
}

/** A little room above and below; down to zero where that is near. */
function padded([low, high]: readonly [number, number]): readonly [number, number] {
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1
  return [low >= 0 && low < 0.35 * high ? 0 : low - room, high + room]
}

/** Round steps inside a range: 1, 2 or 5 times a power of ten, about `count` of them. */
export function niceTicks(low: number, high: number, count: number): readonly number[] {
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
}
