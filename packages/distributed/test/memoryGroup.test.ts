import { afterEach, describe, expect, it } from 'vitest'
import { type MemoryGroup, memoryGroup } from '../src/memoryGroup.ts'
import type { Member } from '../src/rendezvous/member.ts'

const started: Member[] = []
afterEach(async () => {
  for (const member of started.splice(0)) await member.close()
})

function start(group: MemoryGroup, indexes: readonly number[]): Member[] {
  const members = indexes.map((index) => group.start(index))
  started.push(...members)
  return members
}

/** What each gets when all give their index. */
async function sums(meetings: readonly Awaited<ReturnType<Member['meet']>>[]): Promise<number[]> {
  const arrays = meetings.map(({ collective }) => {
    const data = collective.allocate(1)
    data[0] = collective.rank
    return data
  })
  await Promise.all(meetings.map(({ collective }, i) => collective.allReduce(arrays[i]!)))
  return arrays.map(([sum]) => sum!)
}

const meetAll = (members: readonly Member[], step = 0) =>
  Promise.all(members.map((member) => member.meet({ step })))

describe('memoryGroup', () => {
  it('brings members together, who can then compute', async () => {
    const members = start(memoryGroup(4), [3, 1, 0, 2])
    const meetings = await Promise.all(members.map((member, i) => member.meet({ step: i - 1 })))
    expect(meetings.map(({ collective }) => collective.rank)).toEqual([3, 1, 0, 2])
    expect(meetings[0]).toMatchObject({ steps: [1, 0, 2, -1], source: 2 })
    expect(await sums(meetings)).toEqual([6, 6, 6, 6])
    expect(members[0]).toMatchObject({ generation: 1, members: [0, 1, 2, 3] })
  })

  it('is there for a process that is alone', async () => {
    const [member] = start(memoryGroup(1), [0])
    const { collective } = await member!.meet({ step: -1 })
    expect(collective).toMatchObject({ rank: 0, world: 1, generation: 1 })
    await member!.leave()
    await member!.leave()
    await expect(member!.meet({ step: 0 })).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('tells all when one is killed, and goes on with the one in its place', async () => {
    const group = memoryGroup(3)
    const [zero, one, two] = start(group, [0, 1, 2]) as [Member, Member, Member]
    const meetings = await meetAll([zero, one, two])
    const waiting = meetings.slice(0, 2).map(({ collective }) => collective.barrier())
    group.kill(2)
    for (const barrier of waiting) await expect(barrier).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(meetings[2]!.collective.barrier()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(meetings[0]!.collective.signal.reason).toMatchObject({ code: 'ABORTED' })
    await expect(two.meet({ step: 1 })).rejects.toMatchObject({ code: 'CLOSED' })

    const [again] = start(group, [2]) as [Member]
    const later = await meetAll([zero, one, again], 5)
    expect(later.map(({ collective }) => collective.generation)).toEqual([2, 2, 2])
    expect(await sums(later)).toEqual([3, 3, 3])
  })

  it('ends the generation for all when one comes to meet again', async () => {
    const [zero, one] = start(memoryGroup(2), [0, 1]) as [Member, Member]
    const [meeting] = await meetAll([zero, one])
    const again = one.meet({ step: 3 })
    await expect(meeting!.collective.barrier()).rejects.toMatchObject({ code: 'ABORTED' })
    const next = await zero.meet({ step: 2 })
    expect(next).toMatchObject({ steps: [2, 3], source: 1 })
    await again
  })

  it('grows when a newcomer comes, and shrinks', async () => {
    const group = memoryGroup(4, { min: 2 })
    const [zero, two] = start(group, [0, 2]) as [Member, Member]
    const [meeting] = await meetAll([zero, two])
    const [three] = start(group, [3]) as [Member]
    const joining = three.meet({ step: -1 })
    await expect(meeting!.collective.barrier()).rejects.toMatchObject({ code: 'ABORTED' })
    const [now] = await Promise.all([zero.meet({ step: 4 }), two.meet({ step: 4 }), joining])
    expect(now!.steps).toEqual([4, 4, -1])
    group.kill(0)
    const rest = await meetAll([two, three])
    expect(rest.map(({ collective }) => collective.rank)).toEqual([0, 1])
    expect(two.members).toEqual([2, 3])
  })

  it('does not wait for whoever has left', async () => {
    const group = memoryGroup(3)
    const [zero, one, two] = start(group, [0, 1, 2]) as [Member, Member, Member]
    await meetAll([zero, one, two])
    await two.leave()
    const [next] = await meetAll([zero, one])
    expect(next!.collective).toMatchObject({ world: 2, generation: 2 })
  })

  it('refuses a second process of an index', async () => {
    const group = memoryGroup(2)
    const [zero, one] = start(group, [0, 1]) as [Member, Member]
    await meetAll([zero, one])
    const [other] = start(group, [1]) as [Member]
    await expect(other.meet({ step: 0 })).rejects.toMatchObject({
      ...{ code: 'REFUSED', message: expect.stringContaining('index 1 is taken by a process') },
    })
    expect(zero.generation).toBe(1)
  })

  it('says who did not come when its patience ends, and counts as gone', async () => {
    const group = memoryGroup(3, { meetTimeoutMs: 50 })
    const [zero] = start(group, [0]) as [Member]
    await expect(zero.meet({ step: 0 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'no meeting within 50 ms: 1 have come, missing: index 1, 2',
    })
    const meetings = await meetAll([...start(group, [1, 2]), zero])
    expect(meetings).toHaveLength(3)
  })

  it('meets once at a time', async () => {
    const [zero] = start(memoryGroup(2), [0]) as [Member]
    const first = zero.meet({ step: 0 })
    await expect(zero.meet({ step: 0 })).rejects.toMatchObject({ code: 'BAD_ARGUMENT' })
    await zero.close()
    await expect(first).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
