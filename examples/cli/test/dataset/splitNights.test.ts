import { describe, expect, it } from 'vitest'
import type { DatasetLabel } from '../../src/dataset/manifest.ts'
import { splitNights } from '../../src/dataset/splitNights.ts'

interface Member {
  readonly night: string
  readonly label: DatasetLabel
}

function night(name: string, clean: number, contaminated: number): Member[] {
  const of = (label: DatasetLabel, count: number) =>
    Array.from({ length: count }, () => ({ night: name, label }))
  return [...of('clean', clean), ...of('contaminated', contaminated)]
}

describe('splitNights', () => {
  it('deals each class 70, 15 and 15 %, as near as whole nights allow', () => {
    const members = Array.from({ length: 40 }, (_, i) => night(`n${i}`, 20 + (i % 5), i % 9)).flat()
    const sides = splitNights(members, 1)
    for (const label of ['clean', 'contaminated'] as const) {
      const all = members.filter((member) => member.label === label)
      const share = (side: string) =>
        all.filter((member) => sides.get(member.night) === side).length / all.length
      expect(share('train'), label).toBeCloseTo(0.7, 1)
      expect(share('validation'), label).toBeCloseTo(0.15, 1)
      expect(share('test'), label).toBeCloseTo(0.15, 1)
    }
  })

  it('leaves no side empty from three nights on', () => {
    for (const count of [3, 4, 5]) {
      const members = Array.from({ length: count }, (_, i) => night(`n${i}`, 5, 5)).flat()
      expect(new Set(splitNights(members, 7).values()).size).toBe(3)
    }
  })

  it('trains on the only night', () => {
    expect([...splitNights(night('one', 4, 4), 1)]).toEqual([['one', 'train']])
    expect(splitNights([], 1).size).toBe(0)
  })

  it('is decided by the seed, not by the order', () => {
    const nights = Array.from({ length: 12 }, (_, i) => night(`n${i}`, 5, 5))
    const sorted = (sides: ReadonlyMap<string, string>) => [...sides].sort()
    const once = sorted(splitNights(nights.flat(), 1))
    expect(sorted(splitNights(nights.toReversed().flat(), 1))).toEqual(once)
    expect(sorted(splitNights(nights.flat(), 2))).not.toEqual(once)
  })
})
