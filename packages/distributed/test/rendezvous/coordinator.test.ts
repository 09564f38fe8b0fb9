import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  coordinate,
  expected,
  isDrained,
  newCoordinator,
} from '../../src/rendezvous/coordinator.ts'
import { protocol } from '../../src/rendezvous/messages.ts'
import { type Inhabitant, settingsOf, Town } from './town.ts'

const end = { reason: 'finished', step: 20, epochs: 4 } as const
const elastic = settingsOf({ world: { min: 2, max: 4 } })

describe('a world of four', () => {
  it('meets when the last has come, whatever the order', () => {
    const town = new Town(settingsOf())
    for (const index of [2, 0, 3]) town.come(index, { step: index })
    expect(town.meetings).toEqual([])
    town.come(1, { step: 7 })
    expect(town.meetings).toHaveLength(1)
    const peers = [0, 1, 2, 3].map((index) => ({
      host: `10.0.0.${index}`,
      port: expect.any(Number),
    }))
    for (const { summons, index } of town.people)
      expect(summons).toMatchObject({
        ...{ generation: 1, rank: index, peers, steps: [0, 7, 2, 3], indexes: [0, 1, 2, 3] },
      })
  })

  it('says who is missing', () => {
    const town = new Town(settingsOf())
    const first = town.come(2)
    town.come(0)
    expect(first.heard.at(-1)).toEqual({ type: 'waiting', present: 2, missing: [1, 3] })
  })

  it('ends at a loss, waits for the one that replaces it, and counts on', () => {
    const town = fullTown()
    const [zero, one] = town.people
    town.kill(town.people[3]!)
    const ended = {
      type: 'ended',
      generation: 1,
      reason: 'index 3 was lost: the connection closed',
    }
    expect(zero!.heard).toContainEqual(ended)
    const lost = { type: 'lost', index: 3, reason: 'the connection closed' }
    for (const { heard } of [zero!, one!]) expect(heard).toContainEqual(lost)
    for (const person of town.people.slice(0, 3)) town.join(person, { step: 9 })
    town.pass(100)
    expect(town.meetings).toHaveLength(1)
    town.come(3, { step: -1 })
    expect(one!.summons).toMatchObject({ generation: 2, steps: [9, 9, 9, -1] })
  })

  it('ends at a complaint about this generation, not about an old one', () => {
    const town = fullTown()
    const { link } = town.people[2]!
    town.happen({ type: 'abort', link, generation: 7, reason: 'x' })
    expect(town.state.running).toBe(true)
    town.happen({ type: 'abort', link, generation: 1, reason: 'rank 1 hung up' })
    expect(town.people[0]!.heard.at(-1)).toEqual({
      ...{ type: 'ended', generation: 1, reason: 'index 2: rank 1 hung up' },
    })
    town.join(town.people[2]!)
    town.happen({ type: 'abort', link, generation: 1, reason: 'too late' })
    expect(town.meetings).toHaveLength(1)
  })

  it('drops a member that is silent, and takes it again when it wakes up', () => {
    const town = fullTown()
    const sleeper = town.people[1]!
    sleeper.awake = false
    town.pass(19)
    expect(town.state.running).toBe(true)
    town.pass(2)
    expect(sleeper).toMatchObject({ state: 'dropped' })
    expect(sleeper.heard.at(-1)).toEqual({
      ...{ type: 'dropped', reason: 'index 1 was silent for 20000 ms' },
    })
    for (const person of town.seated) town.join(person)
    expect(town.meetings).toHaveLength(1)
    town.come(1, { generation: 1 })
    expect(town.meetings).toHaveLength(2)
  })

  it('blames nobody for the time in which it stood still itself', () => {
    const town = fullTown()
    town.pass(1)
    town.nowMs += 3_600_000
    town.happen({ type: 'tick' })
    expect(town.state.running).toBe(true)
    for (const person of town.people) person.awake = false
    town.pass(20)
    expect(town.state.seats.size).toBe(0)
  })

  it('refuses a second process of one index while the first is alive', () => {
    const town = fullTown()
    const second = town.come(2)
    expect(second).toMatchObject({ state: 'refused' })
    expect(second.heard.at(-1)).toEqual({
      type: 'refused',
      reason: 'index 2 is taken by a process that is alive (10.0.0.2, ring port 1003)',
    })
    expect(town.state.running).toBe(true)
  })

  it('gives the index to the second where the first does not answer within the probe', () => {
    const town = fullTown()
    town.people[2]!.awake = false
    const second = town.come(2)
    town.pass(2)
    expect(town.seated).not.toContain(second)
    town.pass(1)
    expect(town.people[2]).toMatchObject({ state: 'dropped' })
    expect(town.seated).toContain(second)
    const third = town.come(2)
    expect(third.state).toBe('refused')
  })

  it('lets whoever has done its work go, and does not wait for it', () => {
    const town = fullTown()
    town.leave(town.people[3]!)
    expect(town.state.running).toBe(true)
    town.kill(town.people[2]!)
    for (const person of town.people.slice(0, 2)) town.join(person)
    town.come(2)
    expect(indexesOf(town)[1]).toEqual([0, 1, 2])

    // Should it come back, it counts again.
    town.come(3)
    for (const person of town.seated) if (person.state === 'ended') town.join(person)
    expect(indexesOf(town)[2]).toEqual([0, 1, 2, 3])
    town.kill(town.people[1]!)
    for (const person of town.seated) town.join(person)
    expect(town.meetings).toHaveLength(3)
  })

  it('is done when all have left, not when the last is lost', () => {
    const town = fullTown()
    for (const person of town.people.slice(0, 3)) town.leave(person)
    town.kill(town.people[3]!)
    expect(isDrained(town.state)).toBe(false)
    town.leave(town.come(3))
    expect(isDrained(town.state)).toBe(true)
  })

  it('tells that all is over whoever waits and whoever comes, and is done when all have heard', () => {
    const town = fullTown()
    const [zero, one, two, three] = town.people as [Inhabitant, Inhabitant, Inhabitant, Inhabitant]
    town.kill(three)
    town.join(two)
    town.happen({ type: 'conclude', link: zero.link, end })
    const over = { type: 'over', end }
    expect(two.heard.at(-1)).toEqual(over)
    for (const { heard } of [zero, one]) expect(heard).not.toContainEqual(over)
    town.join(one)
    expect(one.heard.at(-1)).toEqual(over)
    town.leave(zero)
    expect(expected(town.state)).toEqual([3])
    expect(town.come(3).heard.at(-1)).toEqual(over)
    expect(isDrained(town.state)).toBe(true)
    expect(town.meetings).toHaveLength(1)
  })

  it('gives the word also to one that must wait for the place of a dead one', () => {
    const town = fullTown()
    town.people[3]!.awake = false
    town.happen({ type: 'conclude', link: town.people[0]!.link, end })
    const second = town.come(3)
    expect(second.heard).toEqual([])
    town.pass(3)
    expect(second.heard.at(-1)).toEqual({ type: 'over', end })
  })

  it('that starts anew when all is over expects the others', () => {
    const town = new Town(settingsOf())
    town.happen({ type: 'conclude', link: 77, end })
    expect(expected(town.state)).toEqual([1, 2, 3])
    for (const index of [1, 2, 3]) town.come(index)
    expect(isDrained(town.state)).toBe(true)
  })

  it('begins without the holder of an index that another process wants, if it does not answer', () => {
    const town = new Town(settingsOf())
    for (const index of [0, 1]) town.come(index)
    const sleeper = town.come(2, { awake: false })
    const second = town.come(2)
    town.come(3)
    expect(town.meetings).toEqual([])
    town.pass(3)
    expect(town.meetings[0]).toContain(second)
    expect(sleeper.state).toBe('dropped')
  })

  it('asks anew for every process that wants an index', () => {
    const town = fullTown()
    const sleeper = town.people[2]!
    sleeper.awake = false
    const second = town.come(2)
    town.kill(second)
    const third = town.come(2)
    expect(third.state).toBe('waiting')
    // The answer to the question of the second says nothing about now.
    town.happen({ type: 'pong', link: sleeper.link, nonce: second.link })
    expect(third.state).toBe('waiting')
    town.happen({ type: 'pong', link: sleeper.link, nonce: third.link })
    expect(third.state).toBe('refused')
  })

  it('counts on from what the members have heard of, when it starts anew', () => {
    const town = new Town(settingsOf())
    for (const index of [0, 1, 2, 3]) town.come(index, { generation: index === 2 ? 41 : 0 })
    expect(town.people[0]!.summons!.generation).toBe(42)
  })

  it.each([
    [{ world: { min: 3, max: 3 } }, "index 1: its world is of 3, the coordinator's of 4"],
    [{ world: { min: 2, max: 4 } }, "index 1: its world is of 2 to 4, the coordinator's of 4"],
    [{ index: 4 }, 'index 4: wanted one below 4, the size of the world'],
    [{ layout: 'M' }, 'index 1: it trains M, the coordinator L'],
    [{ protocol: protocol + 1 }, 'speaks version 4 of the protocol, the coordinator version 3'],
  ])('refuses %j', (changes, reason) => {
    const { state } = new Town(settingsOf())
    const address = { host: 'h', port: 1 }
    const { world, layout } = state.settings
    const good = { protocol, index: 1, world, layout, step: 0, generation: 0, address }
    const application = { ...good, ...changes }
    const { effects } = coordinate(state, { type: 'join', link: 1, application, atMs: 0 })
    expect(effects).toEqual([
      { type: 'send', link: 1, message: { type: 'refused', reason } },
      { type: 'close', link: 1 },
    ])
  })

  it('knows nothing of connections that have not joined', () => {
    const state = newCoordinator(settingsOf())
    for (const type of ['beat', 'closed'] as const)
      expect(coordinate(state, { type, link: 9, atMs: 1 }).effects).toEqual([])
  })
})

describe('a world of two to four', () => {
  it('begins with two after the grace, grows at once, shrinks after the grace', () => {
    const town = new Town(elastic)
    town.come(0)
    town.pass(60)
    town.come(2)
    town.pass(9)
    expect(town.meetings).toEqual([])
    town.pass(2)
    expect(indexesOf(town)).toEqual([[0, 2]])
    // A newcomer ends the generation; with three it waits for a fourth.
    town.come(3)
    for (const person of town.people.slice(0, 2)) town.join(person)
    town.come(1)
    expect(indexesOf(town)).toEqual([
      [0, 2],
      [0, 1, 2, 3],
    ])
    town.kill(town.people[1]!)
    for (const person of town.seated) town.join(person)
    town.pass(11)
    expect(indexesOf(town).at(-1)).toEqual([0, 1, 3])
    expect(town.people[2]!.summons).toMatchObject({ rank: 2, generation: 3 })
  })

  it('waits, however long, for members that are alive but have not come yet', () => {
    const town = new Town(elastic)
    for (const index of [0, 1, 2]) town.come(index)
    town.pass(11)
    town.kill(town.people[2]!)
    town.join(town.people[0]!)
    town.pass(60)
    expect(town.meetings).toHaveLength(1)
    town.join(town.people[1]!)
    town.pass(11)
    expect(indexesOf(town).at(-1)).toEqual([0, 1])
  })
})

describe('whatever happens', () => {
  const happening = fc.oneof(
    { arbitrary: fc.record({ do: fc.constant('come' as const), who: fc.nat(3) }), weight: 4 },
    { arbitrary: fc.record({ do: fc.constant('join' as const), who: fc.nat(9) }), weight: 6 },
    { arbitrary: fc.record({ do: fc.constant('pass' as const), who: fc.nat(25) }), weight: 2 },
    fc.record({
      do: fc.constantFrom('kill' as const, 'leave' as const, 'sleep' as const, 'abort' as const),
      who: fc.nat(9),
    }),
  )
  const worlds = fc.constantFrom({ min: 4, max: 4 }, { min: 2, max: 4 }, { min: 1, max: 3 })

  it('meetings are of living members, one of an index, in order, and ever later', () => {
    const numRuns = 500
    fc.assert(
      fc.property(worlds, fc.array(happening, { maxLength: 40 }), (world, happenings) => {
        const town = new Town(settingsOf({ world }))
        for (const { do: what, who } of happenings) {
          const before = town.meetings.length
          act(town, what, who)
          checkNobodyForgotten(town)
          for (const met of town.meetings.slice(before)) checkMeeting(town, met)
        }
        checkNumbers(town)
        settle(town)
      }),
      { numRuns },
    )
  })
})

function act(town: Town, what: string, who: number): void {
  if (what === 'come' && who < town.settings.world.max) town.come(who, { step: who })
  if (what === 'pass') town.pass(who)
  const { seated } = town
  const person = seated[who % seated.length]
  if (!person) return
  if (what === 'join' && person.awake && ['ended', 'meeting'].includes(person.state))
    town.join(person)
  if (what === 'kill') town.kill(person)
  if (what === 'leave' && person.awake) town.leave(person)
  if (what === 'sleep') person.awake = false
  if (what === 'abort' && person.awake) {
    const generation = person.summons?.generation ?? 1
    town.happen({ type: 'abort', link: person.link, generation, reason: 'property' })
  }
}

function checkMeeting(town: Town, met: Town['people']): void {
  const { indexes, peers, steps, generation } = met[0]!.summons!
  expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b))
  expect(peers).toHaveLength(indexes.length)
  expect(steps).toEqual(indexes.map(() => expect.any(Number)))
  for (const { summons, index } of met) {
    expect(summons).toMatchObject({ generation, indexes, peers, steps })
    expect(summons!.indexes[summons!.rank]).toBe(index)
  }
  expect(met.map(({ index }) => index)).toEqual(indexes)
  // Nobody who waited and holds a place was left out.
  const waiting = town.people.filter(({ state }) => state === 'waiting')
  expect(waiting.filter((person) => town.seated.includes(person))).toEqual([])
  const { min, max } = town.settings.world
  expect(met.length).toBeGreaterThanOrEqual(Math.max(1, min - town.state.left.size))
  expect(met.length).toBeLessThanOrEqual(max)
}

/** Whoever has not been told otherwise holds a place, or is next for one. */
function checkNobodyForgotten(town: Town): void {
  const { seats, claims } = town.state
  const known = [...seats.values(), ...claims.values()].map(({ link }) => link)
  const hopeful = town.people.filter(({ state }) => /waiting|meeting|ended/.test(state))
  expect(hopeful.map(({ link }) => link).sort()).toEqual(known.sort())
}

function checkNumbers(town: Town): void {
  const numbers = town.meetings.map(([first]) => first!.heard)
  const met = numbers.flat().filter((message) => message.type === 'meeting')
  const perPerson = town.people.map(({ heard }) =>
    heard.flatMap((message) => (message.type === 'meeting' ? [message.generation] : [])),
  )
  for (const generations of perPerson)
    expect(generations).toEqual([...new Set(generations)].sort((a, b) => a - b))
  expect(town.state.generation).toBe(town.meetings.length)
  expect(met.every(({ generation }) => generation <= town.meetings.length)).toBe(true)
}

/** Once everybody is awake and comes, they all meet. */
function settle(town: Town): void {
  for (const person of town.seated) if (!person.awake) town.kill(person)
  town.pass(30)
  const taken = new Set(town.seated.map(({ index }) => index))
  for (let index = 0; index < town.settings.world.max; index++)
    if (!taken.has(index)) town.come(index)
  for (const person of town.seated) if (person.state !== 'waiting') town.join(person)
  for (const person of town.seated) if (person.state === 'ended') town.join(person)
  expect(indexesOf(town).at(-1)).toEqual(
    Array.from({ length: town.settings.world.max }, (_, index) => index),
  )
  expect(town.state.running).toBe(true)
}

function fullTown(): Town {
  const town = new Town(settingsOf())
  for (const index of [0, 1, 2, 3]) town.come(index)
  expect(town.meetings).toHaveLength(1)
  return town
}

function indexesOf(town: Town): number[][] {
  return town.meetings.map((met) => met.map(({ index }) => index))
}
