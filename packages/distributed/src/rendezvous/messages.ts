import type { TrainingEnd } from '../group.ts'

// What members and the coordinator say to one another. No message holds a time: clocks of different machines are
// never compared.

/** Counted up with every change of the messages: processes of different versions do not train together. */
export const protocol = 3

/** How many members a training has: equal bounds where the number is fixed. */
export interface World {
  readonly min: number
  readonly max: number
}

/** Where a member listens for its neighbour in the ring. */
export interface Address {
  /** Empty: the machine of the coordinator, as whoever reads this reaches it. */
  readonly host: string
  readonly port: number
}

/** What a member says of itself when it comes to meet. */
export interface Application {
  readonly protocol: number
  readonly index: number
  readonly world: World
  /** How gradients lie: see `Replica.layout`. */
  readonly layout: string
  /** Steps done; -1 where it knows nothing yet. */
  readonly step: number
  /** The last meeting that it has heard of; 0 where there was none. */
  readonly generation: number
  readonly address: Address
}

/** What a meeting is, to one of its members. */
export interface Summons {
  readonly generation: number
  readonly rank: number
  /** By rank. */
  readonly peers: readonly Address[]
  /** By rank. */
  readonly steps: readonly number[]
  /** By rank; ascending. */
  readonly indexes: readonly number[]
}

export type ToCoordinator =
  | { readonly type: 'join'; readonly application: Application }
  | { readonly type: 'beat' }
  /** Answers a ping. */
  | { readonly type: 'pong'; readonly nonce: number }
  /** This generation does not work. */
  | { readonly type: 'abort'; readonly generation: number; readonly reason: string }
  /** All steps are made: nobody else shall begin. */
  | { readonly type: 'conclude'; readonly end: TrainingEnd }
  | { readonly type: 'leave' }

export type ToMember =
  | { readonly type: 'beat' }
  | { readonly type: 'ping'; readonly nonce: number }
  /** Who is waited for. */
  | { readonly type: 'waiting'; readonly present: number; readonly missing: readonly number[] }
  | ({ readonly type: 'meeting' } & Summons)
  | { readonly type: 'ended'; readonly generation: number; readonly reason: string }
  /** Another member is gone, without having left. */
  | { readonly type: 'lost'; readonly index: number; readonly reason: string }
  /** Instead of a meeting: there is nothing left to do. */
  | { readonly type: 'over'; readonly end: TrainingEnd }
  /** For good. */
  | { readonly type: 'refused'; readonly reason: string }
  /** The connection ends, and why; whoever hears it may come again. */
  | { readonly type: 'dropped'; readonly reason: string }
  /** Answers a leave. */
  | { readonly type: 'farewell' }

type Check = (value: unknown) => boolean

const whole = (least: number): Check => {
  return (value) => Number.isSafeInteger(value) && (value as number) >= least
}
const text: Check = (value) => typeof value === 'string'
const shape = (fields: Readonly<Record<string, Check>>): Check => {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]))
}

const list = (item: Check): Check => {
  return (value) => Array.isArray(value) && value.every(item)
}
const port: Check = (value) => whole(1)(value) && (value as number) < 65_536
const address = shape({ host: text, port })
const application = shape({
  protocol: whole(0),
  // Bounds of the world are the coordinator's to judge, in words that name both sides.
  index: whole(0),
  world: shape({ min: whole(1), max: whole(1) }),
  layout: text,
  step: whole(-1),
  generation: whole(0),
  address,
})

const end = shape({
  reason: (value) => value === 'finished' || value === 'stopped',
  step: whole(0),
  epochs: whole(0),
})

const toCoordinator: Readonly<Record<ToCoordinator['type'], Check>> = {
  // Another protocol may look different in everything else: it shall hear so, not be dropped.
  join: (value) => {
    const other = shape({
      application: shape({ protocol: (it) => whole(0)(it) && it !== protocol }),
    })
    return other(value) || shape({ application })(value)
  },
  beat: () => true,
  pong: shape({ nonce: whole(0) }),
  abort: shape({ generation: whole(1), reason: text }),
  conclude: shape({ end }),
  leave: () => true,
}

const toMember: Readonly<Record<ToMember['type'], Check>> = {
  beat: () => true,
  ping: shape({ nonce: whole(0) }),
  waiting: shape({ present: whole(0), missing: list(whole(0)) }),
  meeting: shape({
    generation: whole(1),
    rank: whole(0),
    peers: list(address),
    steps: list(whole(-1)),
    indexes: list(whole(0)),
  }),
  ended: shape({ generation: whole(1), reason: text }),
  lost: shape({ index: whole(0), reason: text }),
  over: shape({ end }),
  refused: shape({ reason: text }),
  dropped: shape({ reason: text }),
  farewell: () => true,
}

/** Whether this is something that a member says. */
export function isToCoordinator(value: unknown): value is ToCoordinator {
  return isOneOf(toCoordinator, value)
}

/** Whether this is something that the coordinator says. */
export function isToMember(value: unknown): value is ToMember {
  return isOneOf(toMember, value)
}

function isOneOf(kinds: Readonly<Record<string, Check>>, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { type } = value as { type?: unknown }
  return typeof type === 'string' && Object.hasOwn(kinds, type) && kinds[type]!(value)
}
