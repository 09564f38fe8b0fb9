import { describe, expect, it } from 'vitest'
import type { TrainingEvent } from '../../src/train/events.ts'
import { niceTicks } from '../../src/train/page/chart.ts'
import { short } from '../../src/train/page/markup.ts'
import { summarize, thinned } from '../../src/train/page/summary.ts'
import { trainingPage } from '../../src/train/page.ts'
import { sampleLog } from './sampleLog.ts'

const whole = sampleLog()

/** Elements that are opened and not closed, or the other way round. */
function unbalanced(page: string): string[] {
  const single = new Set(['meta', 'line', 'path', '!doctype'])
  const open: string[] = []
  for (const [tag, close, name] of page.matchAll(/<(\/?)([a-z!][a-z0-9]*)\b[^>]*>/gi)) {
    if (single.has(name.toLowerCase()) || tag.endsWith('/>')) continue
    if (!close) open.push(name)
    else if (open.at(-1) === name) open.pop()
    else return [...open, tag]
  }
  return open
}

describe('trainingPage', () => {
  it('shows every curve, table and figure of a training', () => {
    const page = trainingPage(whole)
    const titles = [...page.matchAll(/<h3>([^<]+)</g)].map((match) => match[1])
    expect(titles).toEqual([
      ...['Loss', 'Accuracy', 'Learning rate', 'Speed'],
      ...['Confusion', 'By class', 'ROC', 'Precision and recall', 'Reliability'],
    ])
    expect(page.match(/<svg /g)).toHaveLength(7)
    expect(page).toContain('24 of 24')
    expect(page).toContain('finished')
    expect(page).toContain('11\u202f178\u202f564 parameters')
    expect(unbalanced(page)).toEqual([])
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  it('asks for nothing and runs nothing', () => {
    const page = trainingPage(whole)
    expect(page).toContain("default-src 'none'")
    expect(page).not.toMatch(/<script|<img|<link|<iframe|https?:|url\(|@import|\son\w+=/i)
  })

  it('is light for a long training', () => {
    const page = trainingPage(sampleLog({ epochs: 24, stepsPerEpoch: 1500 }))
    expect(page.length).toBeLessThan(150_000)
  })

  it.each([
    ['none', []],
    ['the start alone', whole.slice(0, 1)],
    ['one step', whole.slice(0, 2)],
    ['no epoch yet', whole.slice(0, 30)],
    ['one epoch', whole.slice(0, 62)],
    ['no start', whole.slice(5, 40)],
  ] satisfies [string, TrainingEvent[]][])('shows a log of %s as far as it goes', (_, log) => {
    const page = trainingPage(log)
    expect(unbalanced(page)).toEqual([])
    expect(page).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('lets no text act', () => {
    const start = whole[0] as Extract<TrainingEvent, { kind: 'start' }>
    const evil = '"><script>alert(1)</script>'
    const log: TrainingEvent[] = [
      { ...start, network: evil, classes: [evil, evil, evil, evil] },
      ...whole.slice(1),
      { kind: 'problem', timeMs: 0, message: evil },
    ]
    for (const page of [trainingPage(log), trainingPage(log.slice(0, -1), { title: evil })]) {
      expect(page).not.toContain('<script')
      expect(page).toContain('&lt;script&gt;')
    }
  })

  it('names problems, and gaps where the loss was not finite', () => {
    const steps = whole
      .slice(0, 40)
      .map((event) =>
        event.kind === 'step' && event.step > 20 ? { ...event, loss: Number.NaN } : event,
      )
    const message = 'the loss became NaN at step 21'
    const page = trainingPage([...steps, { kind: 'problem', timeMs: whole[40].timeMs, message }])
    expect(page).toContain('A problem')
    expect(page.replaceAll(message, '')).not.toContain('NaN')
  })
})

describe('summarize', () => {
  it('counts what was repeated after an interruption once', () => {
    const cut = whole.slice(0, 100)
    const start = whole[0] as Extract<TrainingEvent, { kind: 'start' }>
    const again = { ...start, timeMs: whole[100].timeMs + 3_600_000, resumedAt: 60 }
    const rest = whole.slice(62).map((event) => ({ ...event, timeMs: event.timeMs + 3_600_000 }))
    const summary = summarize([...cut, again, ...rest])
    const straight = summarize(whole)
    expect(summary.steps.map(({ step }) => step)).toEqual(straight.steps.map(({ step }) => step))
    expect(summary.epochs).toHaveLength(24)
    expect(summary.resumptions).toBe(1)
    // The hour of the interruption was no work.
    expect(summary.workedMs).toBeLessThan(straight.workedMs + 60_000)
  })

  it('is not done while it goes on', () => {
    expect(summarize(whole).done?.reason).toBe('finished')
    expect(summarize([...whole, { ...whole[1] }]).done).toBeUndefined()
  })
})

describe('the small parts of charts', () => {
  it('thin curves keep their mean and count', () => {
    const points = Array.from({ length: 1000 }, (_, i) => [i, i % 7] as const)
    const few = thinned(points, 100)
    expect(few).toHaveLength(100)
    expect(few[0]).toEqual([4.5, 2.4])
    expect(thinned(points, 1000)).toBe(points)
  })

  it('ticks are round and inside', () => {
    expect(niceTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(niceTicks(0.0012, 0.0047, 4)).toEqual([0.002, 0.003, 0.004])
  })

  it('numbers are short', () => {
    expect([0, 0.05, 1234.567, 0.00012, 8e-8, 2.5e7].map(short)).toEqual([
      '0',
      '0.05',
      '1234.57',
      '1.2e-4',
      '8e-8',
      '2.5e+7',
    ])
  })
})
