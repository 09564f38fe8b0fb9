import { describe, expect, it } from 'vitest'
import { type Base, planInjections } from '../../src/dataset/planInjections.ts'

const bases = Array.from({ length: 40 }, (_, i): Base => {
  const label = i % 4 === 3 ? 'contaminated' : 'clean'
  return { id: `f${i}`, label, session: i < 20 ? 'A' : 'B', score: 0.7 + (i % 10) / 40 }
})

describe('planInjections', () => {
  const plan = planInjections(bases, { count: 70, seed: 2 })

  it('lays trails over clean frames only, each time by another seed and name', () => {
    expect(plan).toHaveLength(70)
    for (const { base } of plan) expect(bases[base]!.label).toBe('clean')
    expect(new Set(plan.map(({ id }) => id)).size).toBe(70)
    expect(new Set(plan.map(({ seed }) => seed)).size).toBe(70)
  })

  it('prefers frames that are hard to tell', () => {
    const times = (hard: boolean) =>
      plan.filter(({ base }) => bases[base]!.score < 0.8 === hard).length
    expect(times(true)).toBeGreaterThan(times(false))
  })

  it('leaves most of each session untouched in every round', () => {
    for (const [round, members] of Map.groupBy(plan, ({ round }) => round)) {
      const sessions = new Set(members.map(({ base }) => bases[base]!.session))
      expect(sessions.size, round).toBe(1)
      expect(new Set(members.map(({ base }) => base)).size, round).toBe(members.length)
      expect(members.length, round).toBeLessThanOrEqual(5)
    }
  })

  it('plans nothing where nothing is clean', () => {
    expect(planInjections([], { count: 3, seed: 1 })).toEqual([])
    expect(planInjections(bases.slice(3, 4), { count: 3, seed: 1 })).toEqual([])
  })
})
