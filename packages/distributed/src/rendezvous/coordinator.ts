import type { TrainingEnd } from '../group.ts'
import { type Application, protocol, type ToMember, type World } from './messages.ts'

// Who meets whom, as a function of what happens: no sockets, no clock. What lasts is only the members' own knowledge
// (their steps, the last generation), so that a coordinator that starts anew loses nothing.
//
// A generation runs from a meeting to the first loss, complaint or newcomer. Then all members come again over the
// connections they have, and the next one begins as soon as everybody is there.

/** What the coordinator goes by. */
export interface CoordinatorSettings {
  readonly world: World
  readonly layout: string
  /** A member that says nothing for so long is lost. */
  readonly silentMs: number
  /** How long more members than the least are waited for. */
  readonly graceMs: number
  /** How long the holder of an index may take to answer when another process comes with it. */
  readonly probeMs: number
}

/** What happens; times are of the coordinator's own clock, which only goes forward. */
export type CoordinatorEvent = { readonly atMs: number } & (
  | { readonly type: 'join'; readonly link: number; readonly application: Application }
  | { readonly type: 'beat'; readonly link: number }
  | { readonly type: 'pong'; readonly link: number; readonly nonce: number }
  | {
      readonly type: 'abort'
      readonly link: number
      readonly generation: number
      readonly reason: string
    }
  | { readonly type: 'conclude'; readonly link: number; readonly end: TrainingEnd }
  | { readonly type: 'leave'; readonly link: number }
  | { readonly type: 'closed'; readonly link: number }
  | { readonly type: 'tick' }
)

/** What is to be done with a connection. */
export type CoordinatorEffect =
  | { readonly type: 'send'; readonly link: number; readonly message: ToMember }
  /** After what was sent before. */
  | { readonly type: 'close'; readonly link: number }

/** A member. */
export interface Seat {
  /** Its connection: a number that never comes again. */
  readonly link: number
  readonly application: Application
  /** Has come for the next generation. */
  readonly waiting: boolean
  readonly heardMs: number
}

/** A process whose index is another's, until that one has answered or not. */
export interface Claim {
  readonly link: number
  readonly application: Application
  readonly sinceMs: number
}

/** All that the coordinator knows. */
export interface CoordinatorState {
  readonly settings: CoordinatorSettings
  /** The highest that anybody has heard of. */
  readonly generation: number
  readonly running: boolean
  /** By index. */
  readonly seats: ReadonlyMap<number, Seat>
  /** By index. */
  readonly claims: ReadonlyMap<number, Claim>
  /** Indexes of the last meeting. */
  readonly met: readonly number[]
  /** Indexes whose work is done. */
  readonly left: ReadonlySet<number>
  /** How the training has ended; whoever comes after that hears so. */
  readonly over: TrainingEnd | undefined
  /** Since when there have been enough to begin. */
  readonly enoughMs: number | undefined
  readonly tickedMs: number | undefined
}

/** How often `tick` happens. */
export const tickMs = 1000

/** A coordinator that nobody has come to yet. */
export function newCoordinator(settings: CoordinatorSettings): CoordinatorState {
  return {
    settings,
    generation: 0,
    running: false,
    seats: new Map(),
    claims: new Map(),
    met: [],
    left: new Set(),
    over: undefined,
    enoughMs: undefined,
    tickedMs: undefined,
  }
}

/** Whether all have done their work: nobody is here, and of those who met last nobody will come back. */
export function isDrained(state: CoordinatorState): boolean {
  return state.seats.size === 0 && expected(state).length === 0
}

/**
 * Indexes that have not left for good: of those who met last; where nobody has met here, but the training is over, of
 * all others, who may have lost the leader when they were about to go. The leader itself knows that it is over.
 */
export function expected({ met, left, over, settings }: CoordinatorState): readonly number[] {
  const all = Array.from({ length: settings.world.max }, (_, index) => index)
  const indexes = over && met.length === 0 ? all : met
  return indexes.filter((index) => !left.has(index) && !(over && index === 0))
}

/** The next state and what is to be done; changes nothing. */
export function coordinate(
  state: CoordinatorState,
  event: CoordinatorEvent,
): { readonly state: CoordinatorState; readonly effects: readonly CoordinatorEffect[] } {
  const draft: Draft = {
    ...state,
    seats: new Map(state.seats),
    claims: new Map(state.claims),
    left: new Set(state.left),
    effects: [],
  }
  const members = draft.seats.size
  const waiting = waitingOf(draft)
  happen(draft, event)
  begin(draft, event.atMs)
  if (draft.seats.size !== members || waitingOf(draft) !== waiting) tellWhoIsMissing(draft)
  const { effects, ...next } = draft
  return { state: next, effects }
}

interface Draft extends CoordinatorState {
  generation: number
  running: boolean
  seats: Map<number, Seat>
  claims: Map<number, Claim>
  met: readonly number[]
  left: Set<number>
  over: TrainingEnd | undefined
  enoughMs: number | undefined
  tickedMs: number | undefined
  readonly effects: CoordinatorEffect[]
}

interface Arrival {
  readonly link: number
  readonly application: Application
  readonly atMs: number
}

function happen(draft: Draft, event: CoordinatorEvent): void {
  if (event.type === 'tick') {
    tick(draft, event.atMs)
    return
  }
  const seat = seatOf(draft, event.link)
  if (seat)
    draft.seats.set(seat.application.index, {
      ...seat,
      heardMs: Math.max(seat.heardMs, event.atMs),
    })
  const index = seat?.application.index
  if (event.type === 'join') join(draft, event)
  else if (event.type === 'closed') closed(draft, event)
  else if (event.type === 'conclude') conclude(draft, event.end)
  else if (event.type === 'leave') leave(draft, event)
  else if (index === undefined) return
  else if (event.type === 'pong') answered(draft, index, event.nonce)
  else if (event.type === 'abort' && event.generation === draft.generation)
    end(draft, `index ${index}: ${event.reason}`)
}

function join(draft: Draft, event: Arrival): void {
  const { link, application } = event
  const { index } = application
  const seat = seatOf(draft, link)
  const holder = draft.seats.get(index)
  const reason =
    refusalOf(draft.settings, application) ??
    (seat && seat !== holder
      ? `came as index ${seat.application.index}, then as ${index}`
      : undefined)
  if (reason !== undefined) refuse(draft, link, reason)
  else if (!holder || holder.link === link) sit(draft, event, 'comes to meet')
  else if (draft.claims.has(index))
    refuse(draft, link, `index ${index} is wanted by yet another process`)
  else {
    draft.claims.set(index, { link, application, sinceMs: event.atMs })
    // The number of the newcomer's connection: an answer to an older question does not count.
    send(draft, holder.link, { type: 'ping', nonce: link })
  }
}

function closed(draft: Draft, { link, atMs }: { readonly link: number; readonly atMs: number }) {
  for (const [index, claim] of draft.claims) if (claim.link === link) draft.claims.delete(index)
  const index = seatOf(draft, link)?.application.index
  if (index !== undefined) lose(draft, index, { atMs, reason: 'the connection closed' })
}

/** Those who wait hear that there is nothing to wait for; those who have met will come to their end by themselves. */
function conclude(draft: Draft, end: TrainingEnd): void {
  draft.over = end
  for (const [index, { link, waiting }] of [...draft.seats])
    if (waiting) dismiss(draft, link, index)
}

function dismiss(draft: Draft, link: number, index: number): void {
  send(draft, link, { type: 'over', end: draft.over! })
  draft.seats.delete(index)
  draft.left.add(index)
}

function leave(draft: Draft, { link, atMs }: { readonly link: number; readonly atMs: number }) {
  send(draft, link, { type: 'farewell' })
  const index = seatOf(draft, link)?.application.index
  if (index === undefined) return
  draft.seats.delete(index)
  draft.left.add(index)
  grant(draft, index, atMs)
}

function answered(draft: Draft, index: number, nonce: number): void {
  const claim = draft.claims.get(index)
  if (claim?.link !== nonce) return
  draft.claims.delete(index)
  const { host, port } = draft.seats.get(index)!.application.address
  const where = `${host || 'the machine of the coordinator'}, ring port ${port}`
  refuse(draft, nonce, `index ${index} is taken by a process that is alive (${where})`)
}

function tick(draft: Draft, atMs: number): void {
  // Where this process itself stood still, silence says nothing about the others.
  const stoodStillMs = atMs - (draft.tickedMs ?? atMs) - tickMs
  draft.tickedMs = atMs
  if (stoodStillMs > 2 * tickMs) {
    for (const [index, seat] of draft.seats) draft.seats.set(index, { ...seat, heardMs: atMs })
    for (const [index, claim] of draft.claims) draft.claims.set(index, { ...claim, sinceMs: atMs })
  }
  const { silentMs, probeMs } = draft.settings
  for (const [index, { link, heardMs }] of [...draft.seats]) {
    const claim = draft.claims.get(index)
    if (atMs - heardMs >= silentMs)
      drop(draft, index, { atMs, reason: `silent for ${silentMs} ms` })
    else if (claim && atMs - claim.sinceMs >= probeMs)
      drop(draft, index, { atMs, reason: `silent for ${probeMs} ms, and another process came` })
    else send(draft, link, { type: 'beat' })
  }
  for (const { link } of draft.claims.values()) send(draft, link, { type: 'beat' })
}

interface Loss {
  readonly reason: string
  readonly atMs: number
}

function drop(draft: Draft, index: number, loss: Loss): void {
  const { link } = draft.seats.get(index)!
  send(draft, link, { type: 'dropped', reason: `index ${index} was ${loss.reason}` })
  draft.effects.push({ type: 'close', link })
  lose(draft, index, loss)
}

function lose(draft: Draft, index: number, { reason, atMs }: Loss): void {
  draft.seats.delete(index)
  for (const { link } of draft.seats.values()) send(draft, link, { type: 'lost', index, reason })
  end(draft, `index ${index} was lost: ${reason}`)
  grant(draft, index, atMs)
}

/** The seat is free: whoever waited for it takes it. */
function grant(draft: Draft, index: number, atMs: number): void {
  const claim = draft.claims.get(index)
  draft.claims.delete(index)
  if (claim) sit(draft, { ...claim, atMs }, 'takes a place that is free')
}

function sit(draft: Draft, { link, application, atMs }: Arrival, why: string): void {
  const { index, generation } = application
  // Whoever comes again needs not hear that the generation before is over.
  draft.seats.delete(index)
  end(draft, `index ${index} ${why}`)
  if (draft.over) {
    dismiss(draft, link, index)
    return
  }
  // A coordinator that started anew learns from the members how far they were.
  draft.generation = Math.max(draft.generation, generation)
  draft.left.delete(index)
  draft.seats.set(index, { link, application, waiting: true, heardMs: atMs })
}

function end(draft: Draft, reason: string): void {
  if (!draft.running) return
  draft.running = false
  const { generation } = draft
  for (const { link } of draft.seats.values())
    send(draft, link, { type: 'ended', generation, reason })
}

function begin(draft: Draft, atMs: number): void {
  const { seats, claims, settings } = draft
  const seated = [...seats].sort(([a], [b]) => a - b)
  const { least, all } = wanted(draft)
  const enough = seated.length >= least && seated.every(([, { waiting }]) => waiting)
  if (draft.running || !enough || claims.size > 0) {
    draft.enoughMs = undefined
    return
  }
  draft.enoughMs ??= atMs
  if (seated.length < all && atMs - draft.enoughMs < settings.graceMs) return
  draft.enoughMs = undefined
  draft.running = true
  draft.generation += 1
  draft.met = seated.map(([index]) => index)
  const shared = {
    generation: draft.generation,
    indexes: draft.met,
    peers: seated.map(([, { application }]) => application.address),
    steps: seated.map(([, { application }]) => application.step),
  }
  for (const [rank, [index, seat]] of seated.entries()) {
    seats.set(index, { ...seat, waiting: false })
    send(draft, seat.link, { type: 'meeting', rank, ...shared })
  }
}

/** Those who have gone for good are not waited for; whoever is still there goes on, be it alone. */
function wanted({ settings, left }: Draft): { readonly least: number; readonly all: number } {
  const { min, max } = settings.world
  return { least: Math.max(1, min - left.size), all: Math.max(1, max - left.size) }
}

function tellWhoIsMissing(draft: Draft): void {
  if (draft.running) return
  const { seats, left, settings } = draft
  const indexes = Array.from({ length: settings.world.max }, (_, index) => index)
  const missing = indexes.filter((index) => !left.has(index) && !seats.get(index)?.waiting)
  const present = waitingOf(draft)
  for (const { link, waiting } of seats.values())
    if (waiting) send(draft, link, { type: 'waiting', present, missing })
}

function waitingOf({ seats }: CoordinatorState): number {
  return [...seats.values()].filter(({ waiting }) => waiting).length
}

/** Why a process cannot be a member, whoever else is one. */
function refusalOf(
  { world, layout }: CoordinatorSettings,
  member: Application,
): string | undefined {
  const { index } = member
  if (member.protocol !== protocol)
    return `speaks version ${member.protocol} of the protocol, the coordinator version ${protocol}`
  if (member.world.min !== world.min || member.world.max !== world.max)
    return `index ${index}: its world is of ${countOf(member.world)}, the coordinator's of ${countOf(world)}`
  if (index >= world.max)
    return `index ${index}: wanted one below ${world.max}, the size of the world`
  if (member.layout !== layout)
    return `index ${index}: it trains ${member.layout}, the coordinator ${layout}`
  return undefined
}

function countOf({ min, max }: World): string {
  return min === max ? `${max}` : `${min} to ${max}`
}

function seatOf({ seats }: CoordinatorState, link: number): Seat | undefined {
  return [...seats.values()].find((seat) => seat.link === link)
}

function refuse(draft: Draft, link: number, reason: string): void {
  send(draft, link, { type: 'refused', reason })
  draft.effects.push({ type: 'close', link })
}

function send(draft: Draft, link: number, message: ToMember): void {
  draft.effects.push({ type: 'send', link, message })
}
