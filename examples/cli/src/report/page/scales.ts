import { clockOf, type Zone } from './format.ts'

/** Round steps inside a range: 1, 2 or 5 times a power of ten, about `count` of them. */
export function niceTicks(low: number, high: number, count: number): readonly number[] {
  const rough = (high - low) / Math.max(1, count)
  if (!(rough > 0) || !Number.isFinite(rough)) return [low]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? 0
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}

/**
 * Range of a vertical axis: all values where they lie together; a few far outliers are cut off, so that
 * one bad frame does not flatten the night.
 */
export function valueRange(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length === 0) return [0, 1]
  const low = quantile(sorted, 0.05)
  const high = quantile(sorted, 0.9)
  const spread = Math.max(high - low, Math.abs(high) * 0.05, 1e-6)
  const bottom = Math.max(sorted[0]!, low - 1.5 * spread)
  const top = Math.min(sorted.at(-1)!, high + 1.5 * spread)
  const margin = Math.max((top - bottom) * 0.08, Math.abs(top) * 0.01, 1e-9)
  return [sorted[0]! >= 0 ? Math.max(0, bottom - margin) : bottom - margin, top + margin]
}

export interface AxisTick {
  readonly x: number
  readonly label: string
}

/** A horizontal axis in pixels. */
export interface Axis {
  readonly x: (value: number) => number
  readonly ticks: readonly AxisTick[]
  /** Places where an idle stretch was left out. */
  readonly breaks: readonly number[]
}

const minute = 60_000
const hour = 60 * minute
const steps = [1, 2, 5, 10, 15, 30]
  .map((n) => n * minute)
  .concat([1, 2, 3, 6, 12, 24].map((n) => n * hour))

/** Stretches of time without a pause longer than `pauseMs`, first and last moment of each. */
export function busySpans(
  times: readonly number[],
  pauseMs: number,
): readonly (readonly [number, number])[] {
  const sorted = [...times].sort((a, b) => a - b)
  const spans: [number, number][] = []
  for (const time of sorted) {
    const last = spans.at(-1)
    if (last === undefined || time - last[1] > pauseMs) spans.push([time, time])
    else last[1] = time
  }
  return spans
}

/** An axis of time on which days and other long pauses are cut out. */
export function timeAxis(times: readonly number[], widthPx: number, zone: Zone): Axis {
  const spans = busySpans(times, 4 * hour).map(([from, to]) => {
    // A lone moment gets a little room of its own.
    const room = Math.max(0, 10 * minute - (to - from)) / 2
    return [from - room, to + room] as const
  })
  const cutPx = 26
  const total = spans.reduce((sum, [from, to]) => sum + (to - from), 0)
  const scale = Math.max(1, widthPx - cutPx * (spans.length - 1)) / Math.max(1, total)
  const starts: number[] = []
  let at = 0
  for (const [from, to] of spans) {
    starts.push(at)
    at += (to - from) * scale + cutPx
  }
  const x = (time: number) => {
    const found = spans.findIndex(([, to]) => time <= to)
    const index = found < 0 ? spans.length - 1 : found
    return (starts[index] ?? 0) + (time - (spans[index]?.[0] ?? 0)) * scale
  }
  const breaks = starts.slice(1).map((start) => start - cutPx / 2)
  const ticks = spans.flatMap((span) =>
    spans.length === 1 || (span[1] - span[0]) * scale > 180
      ? timeTicks(span, { x, scale, zone })
      : [{ x: x((span[0] + span[1]) / 2), label: clockOf(span[0], zone).date.slice(5) }],
  )
  return { x, breaks, ticks: spaced(ticks) }
}

/** Leaves out ticks whose labels would touch the one before. */
function spaced(ticks: readonly AxisTick[]): readonly AxisTick[] {
  const kept: AxisTick[] = []
  for (const tick of ticks) if (tick.x - (kept.at(-1)?.x ?? -99) >= 44) kept.push(tick)
  return kept
}

function timeTicks(
  [from, to]: readonly [number, number],
  { x, scale, zone }: { x: (time: number) => number; scale: number; zone: Zone },
): readonly AxisTick[] {
  const step = steps.find((size) => size * scale >= 70) ?? 24 * hour
  const shift = zone === 'utc' ? 0 : -new Date(from).getTimezoneOffset() * minute
  const ticks: AxisTick[] = []
  for (let time = Math.ceil((from + shift) / step) * step - shift; time <= to; time += step) {
    const clock = clockOf(time, zone)
    const label = clock.time === '00:00' ? clock.date.slice(5) : clock.time
    ticks.push({ x: x(time), label })
  }
  return ticks
}

/** An axis of frame numbers, counted from 1. */
export function orderAxis(count: number, widthPx: number): Axis {
  const x = (index: number) => ((index + 0.5) * widthPx) / Math.max(1, count)
  const wanted = niceTicks(1, Math.max(1, count), Math.max(2, Math.floor(widthPx / 90)))
  const whole = wanted.filter((tick) => Number.isInteger(tick))
  return { x, breaks: [], ticks: whole.map((tick) => ({ x: x(tick - 1), label: String(tick) })) }
}
