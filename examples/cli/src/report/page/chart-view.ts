/* v8 ignore file -- runs in browsers only; the browser tests measure what they reach */
import { type ChartPoint, chartMarkup, longestStep, metricsOf } from './chart.ts'
import { hoverMarkup } from './details.ts'
import { byId, originOf, type Page, previewUrl, show } from './dom.ts'
import { html } from './markup.ts'
import type { PageFrame } from './model.ts'
import { type Axis, orderAxis, timeAxis } from './scales.ts'

const leftPx = 58
const rightPx = 12
const heightPx = 148

/** Draws the curves, follows the pointer and opens the frame that is clicked. */
export function startCharts(page: Page, open: (frame: PageFrame) => void): void {
  const area = byId('curves')
  let points: readonly ChartPoint[] = []
  let drawn = ''
  const draw = () => {
    const key = drawingKey(page, area)
    if (key === drawn) return
    drawn = key
    points = drawCurves(page, area)
  }
  page.onChange(draw)
  new ResizeObserver(draw).observe(area)
  const nearest = (event: MouseEvent) => nearestPoint(points, event)
  area.addEventListener('pointermove', (event) => pointAt(page, area, nearest(event), event))
  area.addEventListener('pointerleave', () => pointAt(page, area, undefined, undefined))
  area.addEventListener('click', (event) => {
    const point = nearest(event)
    if (point !== undefined) open(point.frame)
  })
}

/** What a drawing depends on: the same key means that nothing has to be drawn. */
function drawingKey(page: Page, area: Element): string {
  const { choice, zone, byTime } = page.state()
  const { query, actions, causes, session } = choice
  return JSON.stringify([query, actions, causes, session, zone, byTime, area.clientWidth])
}

function drawCurves(page: Page, area: Element): readonly ChartPoint[] {
  const { choice, zone, byTime } = page.state()
  const inSession = page.night.frames.filter(
    (frame) => choice.session === '' || frame.sessionKey === choice.session,
  )
  const frames = byTime ? inSession.filter((frame) => frame.timeMs !== undefined) : inSession
  const ordered = byTime ? [...frames].sort((a, b) => a.timeMs! - b.timeMs!) : frames
  const isWide = area.clientWidth >= 900
  const widthPx = Math.max(240, Math.floor(isWide ? (area.clientWidth - 24) / 2 : area.clientWidth))
  const plotPx = widthPx - leftPx - rightPx
  const times = ordered.map((frame) => frame.timeMs ?? 0)
  const axis = byTime ? timeAxis(times, plotPx, zone) : orderAxis(ordered.length, plotPx)
  const points = placeFrames(page, ordered, axis)
  const size = { axis, widthPx, heightPx, leftPx }
  const metrics = metricsOf(page.night.frames)
  show(
    area,
    html`${metrics.map((metric) => html`<figure><figcaption>${metric.label} <span>${metric.unit}</span></figcaption>${chartMarkup(points, metric, size)}</figure>`)}`,
  )
  tellMissing(inSession.length - frames.length)
  return points
}

function tellMissing(count: number): void {
  byId('untimed').hidden = count === 0
  byId('untimed').textContent =
    `${count} ${count === 1 ? 'frame has' : 'frames have'} no time in the header and can be seen by order.`
}

function placeFrames(page: Page, frames: readonly PageFrame[], axis: Axis): readonly ChartPoint[] {
  const { byTime } = page.state()
  const chosen = new Set(page.chosen())
  const sessions = page.night.sessions.map((session) => session.key)
  const step = longestStep(frames.map((frame) => frame.timeMs ?? 0))
  const before = new Map<string, number>()
  return frames.map((frame, index) => {
    const last = before.get(frame.sessionKey)
    const time = frame.timeMs ?? 0
    before.set(frame.sessionKey, time)
    return {
      frame,
      x: axis.x(byTime ? time : index),
      session: Math.max(0, sessions.indexOf(frame.sessionKey)),
      joined: !byTime || last === undefined || time - last <= step,
      faint: !chosen.has(frame),
    }
  })
}

function nearestPoint(points: readonly ChartPoint[], event: MouseEvent): ChartPoint | undefined {
  const target = event.target instanceof Element ? event.target : undefined
  const own = originOf(event, 'id')?.dataset.id
  if (own !== undefined) return points.find((point) => point.frame.id === Number(own))
  const chart = target?.closest('svg.chart')
  if (!chart) return undefined
  const x = event.clientX - chart.getBoundingClientRect().left - leftPx
  let best: ChartPoint | undefined
  for (const point of points)
    if (best === undefined || Math.abs(point.x - x) < Math.abs(best.x - x)) best = point
  return best !== undefined && Math.abs(best.x - x) < 40 ? best : undefined
}

function pointAt(
  page: Page,
  area: Element,
  point: ChartPoint | undefined,
  event: PointerEvent | undefined,
): void {
  const card = byId('hover')
  card.hidden = point === undefined
  area.classList.toggle('pointed', point !== undefined)
  if (point === undefined || event === undefined) card.dataset.shown = ''
  if (card.dataset.shown !== String(point?.frame.id)) tellPoint(page, area, point)
  if (point === undefined || event === undefined) return
  card.dataset.shown = String(point.frame.id)
  const room = document.documentElement.clientWidth - card.offsetWidth - 12
  card.style.left = `${Math.max(8, Math.min(room, event.clientX + 16))}px`
  card.style.top = `${Math.min(innerHeight - card.offsetHeight - 8, event.clientY + 16)}px`
}

/** Lights a frame's marks up on all curves and shows its picture. */
function tellPoint(page: Page, area: Element, point: ChartPoint | undefined): void {
  for (const old of area.querySelectorAll('.mark.near')) old.classList.remove('near')
  if (point === undefined) return
  for (const near of area.querySelectorAll(`.mark[data-id="${point.frame.id}"]`))
    near.classList.add('near')
  for (const cursor of area.querySelectorAll('.cursor'))
    cursor.setAttribute('transform', `translate(${leftPx + point.x} 0)`)
  const card = byId('hover')
  show(card, hoverMarkup(point.frame, page.state().zone))
  const picture = card.querySelector('img')
  const url = previewUrl(point.frame.id)
  if (picture !== null && url !== undefined) picture.src = url
}
