import {
  type CoordinatorEvent,
  type CoordinatorSettings,
  coordinate,
  newCoordinator,
} from '../../src/rendezvous/coordinator.ts'
import { protocol, type Summons, type ToMember } from '../../src/rendezvous/messages.ts'

/** Settings of a world of four, or as told. */
export function settingsOf(changes: Partial<CoordinatorSettings> = {}): CoordinatorSettings {
  const world = { min: 4, max: 4 }
  return { world, layout: 'L', silentMs: 20_000, graceMs: 10_000, probeMs: 3000, ...changes }
}

/** What a process knows of itself, in a test. */
export interface Inhabitant {
  readonly link: number
  readonly index: number
  /** Answers pings and beats. */
  awake: boolean
  state: 'waiting' | 'meeting' | 'ended' | 'refused' | 'dropped' | 'gone'
  summons: Summons | undefined
  readonly heard: ToMember[]
}

type Timeless<Event> = Event extends unknown ? Omit<Event, 'atMs'> : never

/** A coordinator without sockets, and processes that do as they are told. */
export class Town {
  readonly settings: CoordinatorSettings
  readonly people: Inhabitant[] = []
  /** All meetings there have been. */
  readonly meetings: Inhabitant[][] = []
  state: ReturnType<typeof newCoordinator>
  nowMs = 5000
  #nextLink = 1

  constructor(settings: CoordinatorSettings) {
    this.settings = settings
    this.state = newCoordinator(settings)
  }

  happen(event: Timeless<CoordinatorEvent>): void {
    const before = structuredClone(this.state)
    const frozen = this.state
    const { state, effects } = coordinate(frozen, { ...event, atMs: this.nowMs })
    if (JSON.stringify(show(frozen)) !== JSON.stringify(show(before))) throw new Error('not pure')
    this.state = state
    const met: Inhabitant[] = []
    const pings: { link: number; nonce: number }[] = []
    for (const effect of effects) {
      const person = this.people.find(({ link }) => link === effect.link)!
      if (person.state === 'gone') continue
      if (effect.type === 'close') {
        if (person.state !== 'refused') person.state = 'dropped'
        continue
      }
      const { message } = effect
      person.heard.push(message)
      if (message.type === 'refused') person.state = 'refused'
      if (message.type === 'ended') person.state = 'ended'
      if (message.type === 'ping' && person.awake)
        pings.push({ link: person.link, nonce: message.nonce })
      if (message.type === 'meeting') {
        if (person.state !== 'waiting') throw new Error(`index ${person.index} had not come`)
        person.state = 'meeting'
        person.summons = message
        met.push(person)
      }
    }
    if (met.length > 0) this.meetings.push(met)
    for (const ping of pings) this.happen({ type: 'pong', ...ping })
  }

  /** A new process comes. */
  come(index: number, { step = 0, generation = 0, awake = true } = {}): Inhabitant {
    const link = this.#nextLink++
    const person: Inhabitant = {
      ...{ link, index, awake, state: 'waiting', summons: undefined, heard: [] },
    }
    this.people.push(person)
    this.join(person, { step, generation })
    return person
  }

  join(person: Inhabitant, { step = 0, generation = person.summons?.generation ?? 0 } = {}): void {
    person.state = 'waiting'
    const { world, layout } = this.settings
    const { link, index } = person
    const address = { host: `10.0.0.${index}`, port: 1000 + link }
    const application = { protocol, index, world, layout, step, generation, address }
    this.happen({ type: 'join', link, application })
  }

  kill(person: Inhabitant): void {
    person.state = 'gone'
    this.happen({ type: 'closed', link: person.link })
  }

  leave(person: Inhabitant): void {
    this.happen({ type: 'leave', link: person.link })
    person.state = 'gone'
  }

  /** Time goes by, second by second. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.nowMs += 1000
      for (const { link, awake, state } of [...this.people])
        if (awake && !['gone', 'refused', 'dropped'].includes(state))
          this.happen({ type: 'beat', link })
      this.happen({ type: 'tick' })
    }
  }

  /** Those that hold a place. */
  get seated(): Inhabitant[] {
    return this.people.filter(({ link }) =>
      [...this.state.seats.values()].some((seat) => seat.link === link),
    )
  }
}

function show({ seats, claims, left, ...rest }: ReturnType<typeof newCoordinator>): unknown {
  return { ...rest, seats: [...seats], claims: [...claims], left: [...left] }
}
