import { readFileSync } from 'node:fs'
import type { CauseKind } from '@nebulift/prefilter'
import { describe, expect, it } from 'vitest'
import { causeKinds } from '../../src/output/correction.ts'
import type { PageFrame } from '../../src/report/page/model.ts'
import {
  causeKey,
  causeKeys,
  choosable,
  chooseCause,
  chooseVerdict,
  disagrees,
  filters,
  listFrames,
  namedCauses,
  progressText,
  sessionNeighbour,
} from '../../src/review/page/choices.ts'
import { reviewModules } from '../../src/review/page.ts'
import { cleanAssessment } from '../picture/sky.ts'

const cause = (kind: CauseKind, severity = 0.8) => ({ kind, severity, evidence: {} })

function frameOf(id: number, assessment: object = {}, more: object = {}): PageFrame {
  return {
    ...{ id, file: `${id}.fits`, width: 100, height: 80, sessionKey: 's', reasons: [] },
    assessment: { ...cleanAssessment(), ...assessment },
    ...more,
  }
}

const clouded = {
  ...{ verdict: 'contaminated', action: 'reject' },
  causes: [cause('cloud'), cause('twilight', 0.1)],
}
const word = { by: 'person', at: '2026-03-14T20:00:00.000Z' }
const was = { verdict: 'clean', action: 'keep' }
const corrected = { ...word, verdict: 'contaminated', action: 'reject', causes: ['wind'], was }

describe('choices', () => {
  it('have keys of their own, and every cause has a button', () => {
    const keys = [...choosable.map(({ key }) => key), ...causeKeys.map((_, i) => causeKey(i))]
    const used = keys.filter((key) => key !== '')
    expect(new Set(used).size).toBe(used.length)
    expect([...causeKeys].sort()).toEqual([...causeKinds].sort())
  })

  it('name what the prefilter found telling, until a person names causes', () => {
    expect(namedCauses(frameOf(0, clouded))).toEqual(['cloud'])
    expect(namedCauses(frameOf(0, { ...clouded, verdict: 'clean' }))).toEqual([])
    expect(namedCauses(frameOf(0, { ...clouded, corrected }))).toEqual(['wind'])
  })

  it('of a verdict keep the causes a person named, but for a clean frame', () => {
    const frame = frameOf(0, { ...clouded, corrected })
    expect(chooseVerdict(frame, { verdict: 'review', action: 'review' }).causes).toEqual(['wind'])
    expect(chooseVerdict(frame, { verdict: 'clean', action: 'keep' })).toEqual(was)
    expect(chooseVerdict(frameOf(0, clouded), { verdict: 'clean', action: 'keep' })).toEqual(was)
  })

  it.each<[string, object, CauseKind, object]>([
    [
      'a trail on a clean frame masks it',
      {},
      'satellite',
      { action: 'mask', causes: ['satellite'] },
    ],
    ['a cloud on a clean frame rejects it', {}, 'cloud', { action: 'reject', causes: ['cloud'] }],
    ['a gradient is a blemish', {}, 'gradient', { verdict: 'clean', causes: ['gradient'] }],
    ['one more is added', clouded, 'wind', { action: 'reject', causes: ['cloud', 'wind'] }],
    ['one that was named goes', clouded, 'cloud', { verdict: 'contaminated', causes: [] }],
  ])('of a cause: %s', (_, assessment, kind, wanted) => {
    expect(chooseCause(frameOf(0, assessment), kind)).toMatchObject(wanted)
  })

  it('list the unsure frames first, and what each filter wants', () => {
    const review = { verdict: 'review', action: 'review' }
    const frames = [
      frameOf(0),
      frameOf(1, clouded),
      frameOf(2, review),
      frameOf(3, { ...clouded, corrected }),
      frameOf(4, { ...review, corrected: { ...word, ...review, was: review } }),
    ]
    const lists = Object.fromEntries(filters.map(({ id }) => [id, listFrames(frames, id)]))
    expect(lists).toEqual({
      first: [2, 0, 1, 3, 4],
      all: [0, 1, 2, 3, 4],
      review: [2, 4],
      clean: [0],
      contaminated: [1, 3],
      disagreements: [3],
      uncorrected: [0, 1, 2],
    })
    expect(frames.map(disagrees)).toEqual([false, false, false, true, false])
    expect(progressText(frames, { at: 1, count: 3 })).toBe('2 of 3, 2 corrected')
  })

  it('blink with the frame taken before in the same session', () => {
    const frames = [
      frameOf(0, {}, { timeMs: 30 }),
      frameOf(1, {}, { timeMs: 10 }),
      frameOf(2, {}, { sessionKey: 'other' }),
      frameOf(3, {}, { timeMs: 20 }),
    ]
    const neighbours = frames.map((frame) => sessionNeighbour(frames, frame)?.id)
    expect(neighbours).toEqual([3, 3, undefined, 1])
  })
})

it('the page’s modules share one scope without two of a name', () => {
  const names = reviewModules.flatMap((module) => {
    const text = readFileSync(new URL(`${module}.ts`), 'utf8')
    const declared = /^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/gm
    return [...text.matchAll(declared)].map(([, name]) => name)
  })
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})
