import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DistributedError } from '../../src/errors.ts'
import { memoryCollectives } from '../../src/memoryCollectives.ts'
import { type LinkEvents, Member, type MemberOptions } from '../../src/rendezvous/member.ts'
import { protocol, type Summons, type ToCoordinator } from '../../src/rendezvous/messages.ts'

const base = {
  application: {
    ...{ protocol, index: 0, world: { min: 1, max: 1 }, layout: '' },
    address: { host: '', port: 1 },
  },
}

/** A coordinator that says what a test tells it. */
function scene(changes: Partial<MemberOptions> = {}) {
  const links: { events: LinkEvents; sent: ToCoordinator[]; isOpen: boolean }[] = []
  const said: string[] = []
  const member = new Member({
    ...base,
    coordinator: 'zero:29500',
    dial: async (events) => {
      const link = { events, sent: [] as ToCoordinator[], isOpen: true }
      links.push(link)
      return {
        send: (message) => void link.sent.push(message),
        close: () => {
          link.isOpen = false
        },
      }
    },
    connect: async ({ generation }) => memoryCollectives(1, { generation })[0]!,
    meetTimeoutMs: 60_000,
    say: (line) => said.push(line),
    ...changes,
  })
  const coordinator = () => links.at(-1)!
  let called = 0
  const call = async (generation: number) => {
    const joins = () => links.flatMap(({ sent }) => sent).filter(({ type }) => type === 'join')
    await vi.waitFor(() => expect(joins().length).toBeGreaterThan(called), { interval: 5 })
    called = joins().length
    coordinator().events.onMessage({ type: 'meeting', ...summons(generation) })
  }
  return { member, links, said, coordinator, call }
}

const summons = (generation: number): Summons => ({
  ...{ generation, rank: 0, peers: [{ host: 'h', port: 1 }], steps: [5], indexes: [0] },
})
const aborted = (text: string) => new DistributedError('ABORTED', text)

describe('a member', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] }))
  afterEach(() => void vi.useRealTimers())

  it('says after two seconds and every ten more what it waits for, and then gives up', async () => {
    const dial = () => Promise.reject(aborted('no coordinator at zero:29500: ECONNREFUSED'))
    const { member, said } = scene({ dial })
    const meeting = member.meet({ step: 0 })
    const refused = expect(meeting).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'no meeting within 60000 ms: no coordinator at zero:29500: ECONNREFUSED',
    })
    await vi.advanceTimersByTimeAsync(1900)
    expect(said).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(said).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(58_000)
    await refused
    // After 2, 12, 22, 32, 42 and 52 s.
    expect(said).toHaveLength(6)
    expect(new Set(said)).toEqual(new Set(['waiting: no coordinator at zero:29500: ECONNREFUSED']))
  })

  it('dials at least every second, and not all the time', async () => {
    const dial = vi.fn(() => Promise.reject(aborted('no')))
    const { member } = scene({ dial })
    const refused = expect(member.meet({ step: 0 })).rejects.toThrow('no meeting')
    await vi.advanceTimersByTimeAsync(60_000)
    await refused
    expect(dial.mock.calls.length).toBeGreaterThanOrEqual(60)
    expect(dial.mock.calls.length).toBeLessThan(130)
  })

  it('names who is missing', async () => {
    const { member, coordinator, said } = scene()
    const meeting = member.meet({ step: 0 })
    await vi.advanceTimersByTimeAsync(1)
    coordinator().events.onMessage({ type: 'waiting', present: 2, missing: [1, 3] })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(said).toEqual(['waiting: 2 have come, missing: index 1, 3'])
    await member.close()
    await expect(meeting).rejects.toMatchObject({ code: 'CLOSED' })
    expect(coordinator().isOpen).toBe(false)
  })
})

describe('a member', () => {
  it('brings its step and the last generation it has heard of', async () => {
    const { member, coordinator, call } = scene()
    const meeting = member.meet({ step: 4 })
    await call(7)
    expect(await meeting).toMatchObject({ steps: [5], source: 0 })
    const again = member.meet({ step: 5 })
    await call(8)
    expect((await again).collective.generation).toBe(8)
    const joins = coordinator().sent.flatMap((message) =>
      message.type === 'join' ? [message.application] : [],
    )
    expect(joins).toMatchObject([
      { step: 4, generation: 0 },
      { step: 5, generation: 7 },
    ])
  })

  it.each([
    [{ min: 2, max: 2 }, 'waiting for another in its place'],
    [{ min: 1, max: 2 }, 'meeting anew'],
  ])('says who is lost, in a world of %j', async (world, what) => {
    const { application } = base
    const { member, coordinator, call, said } = scene({ application: { ...application, world } })
    const meeting = member.meet({ step: 0 })
    await call(1)
    await meeting
    coordinator().events.onMessage({ type: 'lost', index: 1, reason: 'the connection closed' })
    expect(said).toEqual([`index 1 is lost (the connection closed); ${what}, at most 60 s`])
  })

  it('complains of a ring that does not form, and comes again', async () => {
    let tries = 0
    const connect: MemberOptions['connect'] = async ({ generation }) => {
      if (tries++ === 0) throw aborted('rank 1 cannot be reached')
      return memoryCollectives(1, { generation })[0]!
    }
    const { member, coordinator, call } = scene({ connect })
    const meeting = member.meet({ step: 0 })
    await call(1)
    const complaint = { type: 'abort', generation: 1, reason: 'rank 1 cannot be reached' }
    await vi.waitFor(() => expect(coordinator().sent).toContainEqual(complaint))
    await call(2)
    expect((await meeting).collective.generation).toBe(2)
  })

  it('does not try again what will not get better', async () => {
    const error = new DistributedError('CLOSED', 'the ring was closed')
    const { member, coordinator, call } = scene({ connect: () => Promise.reject(error) })
    const meeting = member.meet({ step: 0 })
    await call(1)
    await expect(meeting).rejects.toBe(error)
    expect(coordinator().isOpen).toBe(false)
  })

  it('hears that a generation ended before its ring has formed', async () => {
    const connect: MemberOptions['connect'] = (_, signal) =>
      new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const { member, coordinator, call } = scene({ connect })
    const meeting = member.meet({ step: 0 })
    await call(1)
    coordinator().events.onMessage({ type: 'ended', generation: 1, reason: 'index 3 was lost' })
    await vi.waitFor(() =>
      expect(coordinator().sent.filter(({ type }) => type === 'join')).toHaveLength(2),
    )
    await member.close()
    await expect(meeting).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('is not ended by news of an older generation', async () => {
    const { member, coordinator, call } = scene()
    const first = member.meet({ step: 0 })
    await call(3)
    const { collective } = await first
    coordinator().events.onMessage({ type: 'ended', generation: 2, reason: 'old' })
    expect(collective.signal.aborted).toBe(false)
    coordinator().events.onMessage({ type: 'ended', generation: 3, reason: 'index 1 joins' })
    expect(collective.signal.reason).toMatchObject({ code: 'ABORTED', message: 'index 1 joins' })
    await expect(collective.barrier()).rejects.toMatchObject({ message: 'index 1 joins' })
  })

  it('ends its generation with the connection, and makes another', async () => {
    const { member, links, coordinator, call, said } = scene()
    const first = member.meet({ step: 0 })
    await call(1)
    const { collective } = await first
    coordinator().events.onLost('the connection closed')
    expect(collective.signal.reason).toMatchObject({
      code: 'ABORTED',
      message: 'lost the coordinator at zero:29500: the connection closed',
    })
    const again = member.meet({ step: 1 })
    await vi.waitFor(() => expect(links).toHaveLength(2))
    coordinator().events.onLost('it came back, and went again')
    await vi.waitFor(() => expect(links).toHaveLength(3))
    expect(said).toEqual([
      'lost the coordinator at zero:29500: the connection closed; waiting for another in its place, at most 60 s',
    ])
    await call(2)
    expect((await again).collective.generation).toBe(2)
  })

  it('remembers that it was refused', async () => {
    const { member, coordinator, call } = scene()
    const first = member.meet({ step: 0 })
    await call(1)
    const { collective } = await first
    coordinator().events.onMessage({ type: 'refused', reason: 'index 0 is taken' })
    expect(collective.signal.aborted).toBe(true)
    for (let i = 0; i < 2; i++)
      await expect(member.meet({ step: 1 })).rejects.toMatchObject({
        ...{ code: 'REFUSED', message: 'index 0 is taken' },
      })
  })

  it('tells all when its ring fails', async () => {
    const [ring] = memoryCollectives(1)
    const { member, coordinator, call } = scene({ connect: async () => ring! })
    const meeting = member.meet({ step: 0 })
    await call(1)
    await meeting
    await ring!.close()
    expect(coordinator().sent.at(-1)).toMatchObject({ type: 'abort', generation: 1 })
  })

  it('answers pings, and waits for a farewell', async () => {
    const { member, coordinator, call } = scene()
    const meeting = member.meet({ step: 0 })
    await call(1)
    await meeting
    coordinator().events.onMessage({ type: 'ping', nonce: 9 })
    expect(coordinator().sent.at(-1)).toEqual({ type: 'pong', nonce: 9 })
    const leaving = member.leave()
    expect(coordinator().sent.at(-1)).toEqual({ type: 'leave' })
    expect(coordinator().isOpen).toBe(true)
    coordinator().events.onMessage({ type: 'farewell' })
    await leaving
    expect(coordinator().isOpen).toBe(false)
  })

  it('closes a connection that comes too late', async () => {
    const late = Promise.withResolvers<void>()
    const close = vi.fn()
    const send = vi.fn()
    const dial = vi.fn(async () => {
      await late.promise
      return { send, close }
    })
    const { member } = scene({ dial })
    const refused = expect(member.meet({ step: 0 })).rejects.toMatchObject({ code: 'CLOSED' })
    await vi.waitFor(() => expect(dial).toHaveBeenCalled())
    await member.close()
    late.resolve()
    await refused
    expect(close).toHaveBeenCalled()
    expect(send).not.toHaveBeenCalled()
  })
})
