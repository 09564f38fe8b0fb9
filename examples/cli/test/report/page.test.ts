import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChartPoint,
  chartMarkup,
  longestStep,
  metricsOf,
} from '../../src/report/page/chart.ts'
import { detailsMarkup, hoverMarkup } from '../../src/report/page/details.ts'
import {
  chooseFrames,
  columns,
  everything,
  type PageFrame,
  toggled,
} from '../../src/report/page/model.ts'
import { outlineTrail, trailLine } from '../../src/report/page/outline.ts'
import { overlayMarkup } from '../../src/report/page/overlay.ts'
import { breakable, headMarkup, rowMarkup, splitPath } from '../../src/report/page/rows.ts'
import {
  busySpans,
  niceTicks,
  orderAxis,
  quantile,
  timeAxis,
  valueRange,
} from '../../src/report/page/scales.ts'
import {
  causeNames,
  causeWords,
  describeCause,
  describeEvidence,
  wordsFor,
} from '../../src/report/page/words.ts'
import { centred, fitView, keepInSight, zoomAt } from '../../src/report/page/zoom.ts'
import { nightJson } from '../../src/report/render.ts'
import { cleanAssessment, streakBetween } from '../picture/sky.ts'
import { fabricateNight } from './fabricate.ts'

const pageFrames: readonly PageFrame[] = JSON.parse(
  nightJson(fabricateNight({ frames: 60, seed: 2 })),
).frames

const frameWith = (extra: Partial<PageFrame>): PageFrame => ({
  id: 0,
  file: 'a.fits',
  width: 3000,
  height: 2000,
  assessment: cleanAssessment(),
  sessionKey: 's',
  reasons: [],
  ...extra,
})

describe('scales', () => {
  it('puts round ticks inside a range', () => {
    expect(niceTicks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10])
    expect(niceTicks(1.93, 3.12, 4)).toEqual([2, 2.5, 3])
    expect(niceTicks(5, 5, 4)).toEqual([5])
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        (low, width) => {
          const ticks = niceTicks(low, low + width, 4)
          expect(ticks.length).toBeLessThanOrEqual(8)
          for (const tick of ticks) {
            expect(tick).toBeGreaterThanOrEqual(low - width * 1e-6)
            expect(tick).toBeLessThanOrEqual(low + width * (1 + 1e-6))
          }
        },
      ),
    )
  })

  it('does not let one outlier flatten the night', () => {
    const [low, high] = valueRange([...Array.from({ length: 50 }, (_, i) => 2 + i / 100), 40])
    expect(low).toBeGreaterThan(1)
    expect(high).toBeLessThan(5)
    expect(valueRange([])).toEqual([0, 1])
    const [from, to] = valueRange([7, 7, 7])
    expect(from).toBeLessThan(7)
    expect(to).toBeGreaterThan(7)
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  })

  it('cuts idle days out of the axis of time and keeps its order', () => {
    const hour = 3_600_000
    const times = [0, hour, 2 * hour, 30 * hour, 31 * hour]
    expect(busySpans(times, 4 * hour)).toEqual([
      [0, 2 * hour],
      [30 * hour, 31 * hour],
    ])
    const axis = timeAxis(times, 600, 'utc')
    const places = times.map(axis.x)
    expect(axis.breaks).toHaveLength(1)
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBe(0)
    expect(places.at(-1)).toBeCloseTo(600)
    // Both nights have the same scale: two hours take twice the room of one.
    expect(places[2]! - places[0]!).toBeCloseTo(2 * (places[4]! - places[3]!))
    expect(axis.ticks.map((tick) => tick.label)).toContain('01:00')
    expect(timeAxis(times, 200, 'utc').ticks.map((tick) => tick.label)).toEqual(['01-01', '01-02'])
    expect(timeAxis([], 600, 'utc').ticks).toEqual([])
    expect(timeAxis([5 * hour], 600, 'utc').x(5 * hour)).toBeCloseTo(300)
  })

  it('numbers frames from 1 on the axis of order', () => {
    const axis = orderAxis(4, 400)
    expect([0, 3].map(axis.x)).toEqual([50, 350])
    expect(axis.ticks.map((tick) => tick.label)).toEqual(['1', '2', '3', '4'])
    expect(orderAxis(0, 400).x(0)).toBe(200)
  })
})

describe('outlines', () => {
  it('runs beside a straight trail at a distance', () => {
    const { sides, ends } = outlineTrail({ x0: 0, y0: 10, x1: 100, y1: 10, sagittaPx: 0 }, 5)
    expect(sides).toEqual([
      [
        { x: 0, y: 5 },
        { x: 100, y: 5 },
      ],
      [
        { x: 0, y: 15 },
        { x: 100, y: 15 },
      ],
    ])
    expect(ends[0]).toEqual([
      { x: 0, y: 5 },
      { x: 0, y: 15 },
    ])
  })

  it('bows by the sagitta in the middle and keeps the ends', () => {
    const line = trailLine({ x0: 0, y0: 0, x1: 100, y1: 0, sagittaPx: 7 }, 0)
    expect(line[12]).toEqual({ x: 50, y: 7 })
    expect(line[0]).toEqual({ x: 0, y: 0 })
    expect(line.at(-1)).toEqual({ x: 100, y: 0 })
    expect(trailLine({ x0: 3, y0: 3, x1: 3, y1: 3, sagittaPx: 0 }, 2)).toHaveLength(2)
  })
})

describe('marks on pictures', () => {
  const grid = {
    columns: 2,
    rows: 1,
    transparency: [0.2, null],
    background: [0, 0],
    covered: [1, 0],
  }
  const streaks = [streakBetween([10, 20, 110, 20], { widthPx: 4, kind: 'airplane' })]
  const causes = [
    { kind: 'occlusion', severity: 1, evidence: {}, region: { x0: 0, y0: 0, x1: 50, y1: 60 } },
  ] as const
  const clouds = { coverage: 0.5, transparency: 0.6, grid }
  const frame = frameWith({ assessment: cleanAssessment({ streaks, causes, clouds }) })

  it('draws trails, covered cells and regions in the frame’s own pixels', () => {
    const { markup } = overlayMarkup(frame, 1)
    expect(markup).toContain('viewBox="-0.5 -0.5 3000 2000"')
    expect(markup).toContain('M10 10L110 10M10 30L110 30')
    expect(markup).toContain('M10 10L10 30M110 10L110 30')
    expect(markup.match(/class="cell/g)).toHaveLength(1)
    expect(markup).toContain('class="cell covered" x="-0.5" y="-0.5" width="1500" height="2000"')
    expect(markup).toContain('class="region" x="-0.5" y="-0.5" width="50" height="60"')
  })

  it('keeps its distance from the trail on the screen', () => {
    expect(overlayMarkup(frame, 0.1).markup).toContain('M10 -44L110 -44M10 84L110 84')
    expect(overlayMarkup(frame).markup).toContain(
      '<path class="trail airplane" d="M10 20L110 20"/>',
    )
  })
})

describe('choosing and sorting', () => {
  const names = (list: readonly PageFrame[]) => list.map((frame) => frame.file)

  it('keeps the order of the night where nothing is chosen', () => {
    expect(chooseFrames(pageFrames, everything)).toEqual(pageFrames)
  })

  it.each(columns.map((column) => column.id))('orders by %s both ways, gaps last', (sort) => {
    const { value } = columns.find((column) => column.id === sort)!
    const gap = frameWith({
      id: 60,
      file: 'zz',
      assessment: cleanAssessment({ stars: { ...cleanAssessment().stars, fwhmPx: 0 } }),
    })
    const up = chooseFrames([gap, ...pageFrames], { ...everything, sort })
    const down = chooseFrames([gap, ...pageFrames], { ...everything, sort, descending: true })
    expect([...names(up)].sort()).toEqual([...names(down)].sort())
    for (const list of [up, down]) {
      const values = list.map(value)
      const firstGap = values.indexOf(undefined)
      if (firstGap >= 0) expect(values.slice(firstGap).every((v) => v === undefined)).toBe(true)
    }
    const numbers = up.map(value).filter((v) => typeof v === 'number')
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  })

  it('sorts numbers in names as numbers', () => {
    const frames = ['f10', 'f9', 'F1'].map((file, id) => frameWith({ id, file }))
    expect(names(chooseFrames(frames, { ...everything, sort: 'file' }))).toEqual([
      'F1',
      'f9',
      'f10',
    ])
  })

  it('filters by every word, by decision, by cause and by session', () => {
    const choose = (part: object) => chooseFrames(pageFrames, { ...everything, ...part })
    expect(choose({ query: ' 0007  M31 ' })).toHaveLength(1)
    expect(
      choose({ query: 'CLOUD' }).every((f) => f.reasons.some((r) => r.startsWith('Cloud'))),
    ).toBe(true)
    expect(
      choose({ actions: ['reject', 'review'] }).some((f) => f.assessment.action === 'keep'),
    ).toBe(false)
    expect(choose({ causes: ['satellite'] }).length).toBeGreaterThan(0)
    expect(choose({ session: 'm33-ha' })).toHaveLength(24)
    expect(choose({ session: 'm33-ha', causes: ['cloud'] })).toHaveLength(0)
  })

  it('adds a value to a list or takes it out', () => {
    expect(toggled([1, 2], 3)).toEqual([1, 2, 3])
    expect(toggled([1, 2], 1)).toEqual([2])
  })
})

describe('curves', () => {
  const points: readonly ChartPoint[] = pageFrames.map((frame, index) => ({
    frame,
    x: index * 10,
    session: frame.sessionKey === 'm31-l' ? 0 : 1,
    joined: index !== 20,
    faint: index === 3,
  }))
  const place = { axis: orderAxis(60, 600), widthPx: 700, heightPx: 150, leftPx: 58 }

  it('marks every frame inside the picture and breaks lines at pauses', () => {
    const [fwhm, stars] = metricsOf(pageFrames)
    expect(fwhm?.unit).toBe('arcsec')
    const { markup } = chartMarkup(points, stars!, place)
    expect(markup.match(/class="mark /g)).toHaveLength(60)
    expect(markup.match(/ faint"/g)).toHaveLength(1)
    const lines = [...markup.matchAll(/class="line session-\d" d="([^"]+)"/g)].map((m) => m[1]!)
    expect(lines.map((line) => line.match(/M/g)?.length)).toEqual([2, 1])
    const heights = [...markup.matchAll(/translate\([\d.]+ ([\d.]+)\)/g)].map((m) => Number(m[1]))
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(8)
    expect(Math.max(...heights)).toBeLessThanOrEqual(128)
  })

  it('tells pixels where a plate scale is missing, and leaves gaps where nothing was measured', () => {
    const { fwhmArcsec, ...stars } = cleanAssessment().stars
    const blind = { ...stars, fwhmPx: 0 }
    const list = [stars, blind, stars].map((s, id) =>
      frameWith({ id, assessment: cleanAssessment({ stars: s }) }),
    )
    const [fwhm] = metricsOf(list)
    expect(fwhm?.unit).toBe('px')
    const few = list.map((frame, i) => ({
      frame,
      x: i * 9,
      session: 0,
      joined: true,
      faint: false,
    }))
    const { markup } = chartMarkup(few, fwhm!, place)
    expect(markup.match(/class="mark /g)).toHaveLength(2)
    expect(markup.match(/class="line[^"]*" d="M[^L]+M[^L]+"/g)).toHaveLength(1)
    expect(chartMarkup([], fwhm!, place).markup).toContain('0 frames')
  })

  it('joins frames that follow within four usual steps', () => {
    expect(longestStep([0, 10, 20, 500, 510])).toBe(40)
    expect(longestStep([5])).toBe(0)
  })
})

describe('words', () => {
  it('tells evidence with its units', () => {
    expect(describeEvidence('sessionFwhmPx', 3.21)).toBe('session’s FWHM 3.21 px')
    expect(describeEvidence('angleDeg', 12)).toBe('angle 12°')
    expect(describeEvidence('saturatedShare', 0.25)).toBe('saturated share 25\u202f%')
    expect(describeEvidence('trails', 2)).toBe('trails 2')
    expect(
      describeCause({ kind: 'cloud', severity: 1, evidence: { coverage: 0.5, skyRatio: 2 } }),
    ).toEqual(['coverage 50\u202f%', 'sky ratio 2'])
  })

  it('names every cause, and a new one by its kind', () => {
    for (const words of Object.values(causeWords)) expect(words.meaning).toMatch(/\.$/)
    expect(wordsFor('comet').name).toBe('comet')
    expect(wordsFor('constructor').name).toBe('constructor')
    const causes = [
      { kind: 'haze', severity: 0.2, evidence: {} },
      { kind: 'cloud', severity: 0.9, evidence: {} },
      { kind: 'cloud', severity: 0.1, evidence: {} },
    ] as const
    expect(causeNames(causes)).toEqual(['Cloud', 'Haze'])
  })
})

describe('rows and details', () => {
  it('has one cell for each column and the picture', () => {
    for (const frame of pageFrames.slice(0, 30)) {
      const { markup } = rowMarkup(frame, 'utc')
      expect(markup.match(/<t[dh] /g)).toHaveLength(columns.length + 1)
    }
    expect(headMarkup().markup.match(/<th /g)).toHaveLength(columns.length + 1)
  })

  it('says so where a picture, a time or a measure is missing', () => {
    const blind = { ...cleanAssessment().stars, fwhmPx: 0, hfrPx: 0 }
    const frame = frameWith({
      file: 'night 1/a_b.fits',
      assessment: cleanAssessment({ stars: blind }),
    })
    const { markup } = rowMarkup(frame, 'utc')
    expect(markup).toContain('no picture')
    expect(markup).toContain('night 1/')
    expect(detailsMarkup(frame, 'one', 'utc').markup).toContain('Nothing found.')
    expect(splitPath('c:\\x\\y.fits')).toEqual({ folder: 'c:\\x\\', name: 'y.fits' })
    expect(breakable('a_b.c').markup).toBe('a_<wbr>b.<wbr>c')
  })

  it('tells why with sentences, numbers and trails', () => {
    const clouded = pageFrames.find((frame) => frame.assessment.causes.length > 1)!
    const { markup } = detailsMarkup(clouded, 'M 31', 'utc')
    expect(markup).toContain('<strong>Cloud</strong>')
    expect(markup).toContain('of the starlight came through')
    const crossed = pageFrames.find((frame) => frame.assessment.streaks.length > 0)!
    expect(detailsMarkup(crossed, 'M 31', 'utc').markup).toContain('edge to edge')
    expect(markup).toContain('row by row: 3.1, 2.9, 3.2, 2.9, 2.8, 3.0, 3.4, –, 3.8')
    expect(hoverMarkup(crossed, 'utc').markup).toContain(crossed.file)
    expect(hoverMarkup(frameWith({}), 'utc').markup).toContain('a.fits')
  })
})

describe('zoom', () => {
  const picture = { width: 1000, height: 500 }
  const stage = { width: 500, height: 500 }

  it('fits the whole picture in the middle', () => {
    expect(fitView(picture, stage)).toEqual({ x: 0, y: 125, scale: 0.5 })
    expect(centred(picture, stage, 1)).toEqual({ x: -250, y: 0, scale: 1 })
  })

  it('keeps the point under the pointer and stays within its limits', () => {
    const view = zoomAt(
      { x: 0, y: 125, scale: 0.5 },
      { at: { x: 100, y: 200 }, factor: 2, fit: 0.5 },
    )
    expect(view).toEqual({ x: -100, y: 50, scale: 1 })
    expect(zoomAt(view, { at: { x: 0, y: 0 }, factor: 1e9, fit: 0.5 }).scale).toBe(16)
    expect(zoomAt(view, { at: { x: 0, y: 0 }, factor: 1e-9, fit: 0.5 }).scale).toBe(0.25)
  })

  it('does not lose the picture', () => {
    const lost = keepInSight({ x: 9000, y: -9000, scale: 1 }, picture, stage)
    expect(lost).toEqual({ x: 250, y: -250, scale: 1 })
  })
})
