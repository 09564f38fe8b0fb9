import type { TextSink } from '../io.ts'
import { formatDuration } from './text.ts'

export interface Progress {
  /** One more is done; `pixels` counts towards the rate in Mpx/s. */
  advance(pixels?: number): void
  /** Takes a live bar off the screen, so that a line can be written. */
  clear(): void
  /** Draws a live bar again. */
  draw(): void
  /** Ends it. Safe to call twice. */
  stop(): void
}

export interface ProgressOptions {
  readonly label: string
  readonly total: number
  /** Redraw one line in place; otherwise report a line every few seconds. */
  readonly live: boolean
  readonly sink: TextSink
  readonly report: (message: string, fields: Readonly<Record<string, unknown>>) => void
  /** Default: 0.1 s live, 5 s otherwise. */
  readonly intervalMs?: number
}

const barCells = 24

export function createProgress(options: ProgressOptions): Progress {
  const { label, total, live, sink, report } = options
  const intervalMs = options.intervalMs ?? (live ? 100 : 5000)
  const started = performance.now()
  let done = 0
  let megapixels = 0
  let lastShown = started
  let stopped = false

  const state = () => {
    const seconds = (performance.now() - started) / 1000
    const rate = seconds > 0 ? done / seconds : 0
    return { seconds, rate, leftS: rate > 0 ? (total - done) / rate : undefined }
  }
  const text = () => {
    const { seconds, rate, leftS } = state()
    const speed = megapixels > 0 ? `, ${(megapixels / seconds).toFixed(1)} Mpx/s` : ''
    const left = leftS === undefined ? '' : `, ${formatDuration(leftS * 1000)} left`
    return `${done} of ${total}, ${rate.toFixed(1)}/s${speed}${left}`
  }
  const draw = () => {
    if (!live || stopped) return
    const filled = total > 0 ? Math.round((barCells * done) / total) : barCells
    const bar = '█'.repeat(filled) + '░'.repeat(barCells - filled)
    const line = `${label} ${bar} ${text()}`
    sink.write(`\r${line.slice(0, (sink.columns ?? 100) - 1)}\u001b[K`)
  }
  const clear = () => {
    if (live && !stopped) sink.write('\r\u001b[K')
  }
  const show = () => {
    lastShown = performance.now()
    if (live) draw()
    else {
      const { rate, leftS } = state()
      report(`${label}: ${text()}`, { done, total, perSecond: rate, secondsLeft: leftS })
    }
  }
  const timer = setInterval(show, intervalMs)
  timer.unref()
  return {
    advance: (pixels = 0) => {
      done++
      megapixels += pixels / 1e6
      // Work in this thread starves the timer.
      if (performance.now() - lastShown >= intervalMs) show()
    },
    clear,
    draw,
    stop: () => {
      clear()
      stopped = true
      clearInterval(timer)
    },
  }
}
