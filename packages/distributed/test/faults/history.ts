import { expect } from 'vitest'
import { memoryGroup } from '../../src/memoryGroup.ts'
import { trainDataParallel } from '../../src/trainDataParallel.ts'
import { type Line, pidsOf, type Training, world } from './processes.ts'
import { allEpochs, allSteps, means, work } from './work.ts'

/** Checksums of the weights after each step of a training that nothing disturbs, from step 1. */
export async function undisturbedHashes(): Promise<readonly number[]> {
  const group = memoryGroup(world)
  const hashes: number[] = []
  const train = (_: unknown, rank: number) => {
    const replica = means()
    const note = () => rank === 0 && hashes.push(replica.hash())
    const onEvent = ({ kind }: { kind: string }) => void (kind === 'step' && note())
    return trainDataParallel({ ...work, group: group.start(rank), replica, onEvent })
  }
  await Promise.all(Array.from({ length: world }, train))
  return hashes
}

/**
 * That a training went as if nothing had happened: the same bits after every step on every rank, each step once, all
 * epochs, a good end of all three, and no process left.
 */
export function expectWholeHistory(training: Training, hashes: readonly number[]): void {
  const { lines, exits, mark } = training
  const steps = lines.filter(({ kind }) => kind === 'step')
  expect(steps.filter(({ step = 0, hash }) => hash !== hashes[step - 1])).toEqual([])
  for (const pid of new Set(lines.map((line) => line.pid)))
    expectInOrder(lines.filter((line) => line.pid === pid))
  const ends = lines.filter(({ kind }) => kind === 'end')
  expect([...new Set(ends.map(({ index }) => index))].sort()).toEqual([0, 1, 2])
  const applied = Array.from({ length: allSteps }, (_, i) => i)
  const all = { step: allSteps, epochs: allEpochs }
  const whole = { ...all, reason: 'finished', hash: hashes.at(-1), applied }
  // Whoever takes the place of one that was lost when all was done has missed it.
  const missed = { ...all, reason: 'missed', applied: [] }
  for (const end of ends) expect(end).toMatchObject(end.reason === 'missed' ? missed : whole)
  for (const { index, reason } of ends)
    if (reason === 'missed')
      expect(exits).toContainEqual({ index, pid: expect.any(Number), how: 'SIGKILL' })
  expect(exits.filter(({ how }) => how === 0).length).toBe(world)
  expect(pidsOf(mark)).toEqual([])
}

/** One process: every meeting says where it goes on, and from there step follows upon step. */
function expectInOrder(lines: readonly Line[]): void {
  let at: number | undefined
  for (const { kind, step } of lines) {
    if (kind === 'meeting') at = step
    else if (kind === 'step') expect(step).toBe(at! + 1)
    if (kind === 'step') at = step
  }
}

/** No meeting goes back by more than the step that only the lost one may have finished. */
export function expectNothingRepeated({ lines }: Training): void {
  let furthest = 0
  for (const { kind, step = 0 } of lines) {
    if (kind === 'step') furthest = Math.max(furthest, step)
    if (kind === 'meeting') expect(step).toBeGreaterThanOrEqual(furthest - 1)
  }
}

/** What a fault cost, in seconds from the moment it happened. */
export interface Cost {
  /** Until the first of the others knew. */
  readonly noticed: number
  /** Until a step was done by all again. */
  readonly goingOn: number
}

/** @param atMs when the fault happened */
export async function costOf(training: Training, atMs: number): Promise<Cost> {
  const before = Math.max(
    ...training.lines.flatMap((line) => (line.atMs <= atMs ? [line.generation ?? 0] : [])),
  )
  const over = await training.told((line) => line.kind === 'over' && line.atMs >= atMs)
  const step = await training.told(
    ({ kind, generation = 0 }) => kind === 'step' && generation > before,
  )
  return { noticed: (over.atMs - atMs) / 1000, goingOn: (step.atMs - atMs) / 1000 }
}

/** A line of the report: one figure, or the least, the median and the most. */
export function report(what: string, costs: readonly Partial<Cost>[]): void {
  const told = (['noticed', 'goingOn'] as const).flatMap((name) => {
    const all = costs.flatMap((cost) => cost[name] ?? []).sort((a, b) => a - b)
    if (all.length === 0) return []
    const figures = all.length > 1 ? [all[0], all[Math.floor(all.length / 2)], all.at(-1)!] : all
    const seconds = figures.map((figure) => figure.toFixed(2)).join(' / ')
    return `${name === 'noticed' ? 'noticed' : 'going on'} after ${seconds} s`
  })
  process.stdout.write(`${what}: ${told.join(', ')}\n`)
}

/** Steps that are due, for waiting. */
export const reached = (step: number) => (line: Line) =>
  line.kind === 'step' && (line.step ?? 0) >= step
