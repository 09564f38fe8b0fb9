import type { Collective } from '../collective.ts'
import { DistributedError } from '../errors.ts'
import { type Group, type Meeting, sourceOf, type TrainingEnd, TrainingOver } from '../group.ts'
import { pause } from '../pause.ts'
import { reasonOf } from '../reasonOf.ts'
import { endable } from './endable.ts'
import type { Application, Summons, ToCoordinator, ToMember } from './messages.ts'
import { orAborted } from './waiting.ts'

// A member's side of the rendezvous: it keeps one connection to the coordinator over all generations, and makes a new
// one whenever that is lost.

/** A connection to the coordinator. */
export interface Link {
  send(message: ToCoordinator): void
  /** After what was sent; nothing more is heard. */
  close(): void
}

/** What comes over a connection. */
export interface LinkEvents {
  onMessage(message: ToMember): void
  /** At most once, and nothing after. */
  onLost(reason: string): void
}

/** What a member is made of. */
export interface MemberOptions {
  /** What it says of itself, but for what changes from one meeting to the next. */
  readonly application: Omit<Application, 'step' | 'generation'>
  /** Where the coordinator is, for messages. */
  readonly coordinator: string
  /** @throws DistributedError `ABORTED` or `TIMEOUT` where it is to be tried again */
  dial(events: LinkEvents, signal: AbortSignal): Promise<Link>
  /**
   * Forms the ring of a generation; `signal` ends that, with its reason.
   * @throws DistributedError `ABORTED` or `TIMEOUT` where it is to be tried again
   */
  connect(summons: Summons, signal: AbortSignal): Promise<Collective>
  readonly meetTimeoutMs: number
  /** Hears in a line what a member waits for, after 2 s and then every 10 s, and who is lost. */
  readonly say?: (line: string) => void
}

const firstSayMs = 2000
const sayMs = 10_000
const firstPauseMs = 50
const longestPauseMs = 1000
const farewellMs = 2000
const concludeMs = 5000

/** Whether it may well go better next time. */
function isPassing(error: unknown): boolean {
  return error instanceof DistributedError && ['ABORTED', 'TIMEOUT'].includes(error.code)
}

interface Generation {
  readonly number: number
  readonly ending: AbortController
  collective?: Collective
}

/** A process that meets the others through a coordinator. */
export class Member implements Group {
  readonly #options: MemberOptions
  readonly #closing = new AbortController()
  #link: Link | undefined
  #current: Generation | undefined
  #summoned: PromiseWithResolvers<Summons> | undefined
  #farewell: PromiseWithResolvers<void> | undefined
  #refusal: DistributedError | undefined
  #missing: string | undefined
  /** The training is over: it does not matter any more who is lost. */
  #concluded = false
  #meeting = false
  #generation = 0
  /** In which it has said that the coordinator is lost; of one that it never met with it says nothing. */
  #saidLostIn = 0
  #members: readonly number[] = []

  constructor(options: MemberOptions) {
    this.#options = options
  }

  /** The coordinator is where index 0 is. */
  get leads(): boolean {
    return this.#options.application.index === 0
  }

  /** The last meeting; 0 before the first. */
  get generation(): number {
    return this.#generation
  }

  /** Indexes of the processes of the last meeting, by rank. */
  get members(): readonly number[] {
    return this.#members
  }

  async meet({ step }: { readonly step: number }): Promise<Meeting> {
    if (this.#meeting)
      throw new DistributedError('BAD_ARGUMENT', 'meet: called while it is under way')
    this.#meeting = true
    const { meetTimeoutMs } = this.#options
    const patience = new AbortController()
    const giveUp = () =>
      patience.abort(
        new DistributedError(
          'TIMEOUT',
          `no meeting within ${meetTimeoutMs} ms: ${this.#waitsFor()}`,
        ),
      )
    const timeout = setTimeout(giveUp, meetTimeoutMs)
    const stopSaying = this.#sayWhatFor()
    this.#missing = undefined
    try {
      await this.#end('it comes to meet again')
      return await this.#meetAtLast(step, AbortSignal.any([patience.signal, this.#closing.signal]))
    } catch (error) {
      // The coordinator must not count on a process that waits no longer.
      this.#hangUp()
      throw error
    } finally {
      clearTimeout(timeout)
      stopSaying()
      this.#meeting = false
    }
  }

  async conclude(end: TrainingEnd): Promise<void> {
    this.#concluded = true
    const patience = new AbortController()
    const giveUp = () =>
      patience.abort(
        new DistributedError('TIMEOUT', `no answer of the coordinator within ${concludeMs} ms`),
      )
    const timer = setTimeout(giveUp, concludeMs)
    try {
      const link = await this.#connected(AbortSignal.any([this.#closing.signal, patience.signal]))
      link.send({ type: 'conclude', end })
    } finally {
      clearTimeout(timer)
    }
  }

  async leave(): Promise<void> {
    if (this.#link && !this.#closing.signal.aborted) {
      this.#farewell = Promise.withResolvers()
      this.#link.send({ type: 'leave' })
      await Promise.race([this.#farewell.promise, pause(farewellMs, this.#closing.signal)])
    }
    await this.close()
  }

  /** Goes without a word, as in a crash: the others wait for another process in its place. */
  async close(): Promise<void> {
    this.#closing.abort(new DistributedError('CLOSED', 'this process has left the group'))
    this.#hangUp()
    await this.#end('this process goes')
  }

  async #meetAtLast(step: number, signal: AbortSignal): Promise<Meeting> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        return await this.#meetOnce(step, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isPassing(error)) throw error
        this.#missing = reasonOf(error)
      }
      // Jitter, so that those who lost the coordinator together do not all come back at once.
      await pause(pauseMs * (0.5 + Math.random() / 2), signal)
      signal.throwIfAborted()
    }
  }

  async #meetOnce(step: number, signal: AbortSignal): Promise<Meeting> {
    const { application } = this.#options
    if (this.#refusal) throw this.#refusal
    const link = await this.#connected(signal)
    this.#summoned = Promise.withResolvers()
    link.send({
      type: 'join',
      application: { ...application, step, generation: this.#generation },
    })
    const summons = await orAborted(this.#summoned.promise, signal)
    const collective = await this.#form(summons, signal)
    this.#members = summons.indexes
    return { collective, steps: summons.steps, source: sourceOf(summons.steps) }
  }

  async #connected(signal: AbortSignal): Promise<Link> {
    signal.throwIfAborted()
    this.#link ??= await this.#options.dial(
      { onMessage: (message) => this.#hear(message), onLost: (reason) => this.#loseLink(reason) },
      signal,
    )
    signal.throwIfAborted()
    return this.#link
  }

  async #form(summons: Summons, signal: AbortSignal): Promise<Collective> {
    const generation = this.#current!
    const { ending, number } = generation
    const giveUp = () => ending.abort(signal.reason)
    signal.addEventListener('abort', giveUp)
    try {
      signal.throwIfAborted()
      ending.signal.throwIfAborted()
      const ring = await this.#options.connect(summons, ending.signal)
      const collective = endable(ring, ending.signal)
      generation.collective = collective
      // What a neighbour notices first, all shall know.
      const complain = () => {
        if (!ending.signal.aborted) this.#complain(number, ring.signal.reason)
      }
      ring.signal.addEventListener('abort', complain, { once: true })
      if (ring.signal.aborted) complain()
      return collective
    } catch (error) {
      this.#complain(number, error)
      throw error
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  #complain(generation: number, error: unknown): void {
    this.#link?.send({ type: 'abort', generation, reason: reasonOf(error) })
  }

  #hear(message: ToMember): void {
    if (message.type === 'ping') this.#link?.send({ type: 'pong', nonce: message.nonce })
    else if (message.type === 'waiting')
      this.#missing = `${message.present} have come, missing: index ${message.missing.join(', ')}`
    else if (message.type === 'meeting') {
      this.#generation = message.generation
      this.#missing = `the ring of generation ${message.generation}`
      this.#current = { number: message.generation, ending: new AbortController() }
      this.#summoned?.resolve(message)
    } else if (message.type === 'ended') this.#abort(message.reason, message.generation)
    else if (message.type === 'lost') this.#sayLost(message)
    else if (message.type === 'dropped') this.#loseLink(message.reason)
    else if (message.type === 'farewell') this.#farewell?.resolve()
    else if (message.type === 'over') {
      this.#concluded = true
      this.#summoned?.reject(new TrainingOver(message.end))
    } else if (message.type === 'refused') {
      this.#refusal = new DistributedError('REFUSED', message.reason)
      this.#summoned?.reject(this.#refusal)
      this.#loseLink(message.reason)
    }
  }

  #loseLink(reason: string): void {
    const { coordinator, meetTimeoutMs, say } = this.#options
    const text = `lost the coordinator at ${coordinator}: ${reason}`
    // Once a generation, however often it comes and goes.
    if (this.#saidLostIn !== this.#generation && !this.#refusal && !this.#concluded)
      say?.(`${text}; waiting for another in its place, at most ${meetTimeoutMs / 1000} s`)
    this.#saidLostIn = this.#generation
    this.#missing = text
    this.#hangUp()
    this.#summoned?.reject(new DistributedError('ABORTED', text))
    this.#abort(text)
  }

  #hangUp(): void {
    this.#link?.close()
    this.#link = undefined
    this.#farewell?.resolve()
  }

  #abort(reason: string, generation = this.#current?.number): void {
    if (generation !== this.#current?.number) return
    this.#current?.ending.abort(new DistributedError('ABORTED', reason))
  }

  async #end(reason: string): Promise<void> {
    const ended = this.#current
    this.#current = undefined
    ended?.ending.abort(new DistributedError('ABORTED', reason))
    await ended?.collective?.close()
  }

  /** Says now and then what it waits for; returns how to stop that. */
  #sayWhatFor(): () => void {
    const tell = () => {
      this.#options.say?.(`waiting: ${this.#waitsFor()}`)
      timer = setTimeout(tell, sayMs)
    }
    let timer = setTimeout(tell, firstSayMs)
    return () => clearTimeout(timer)
  }

  #sayLost({ index, reason }: Extract<ToMember, { type: 'lost' }>): void {
    const { application, meetTimeoutMs, say } = this.#options
    if (this.#concluded) return
    const { min, max } = application.world
    const what = min === max ? 'waiting for another in its place' : 'meeting anew'
    say?.(`index ${index} is lost (${reason}); ${what}, at most ${meetTimeoutMs / 1000} s`)
  }

  #waitsFor(): string {
    return this.#missing ?? `no answer of the coordinator at ${this.#options.coordinator} yet`
  }
}
