import type { Socket } from 'node:net'
import { openKernels } from '../../kernels.ts'
import type { Door } from './door.ts'
import { mostLanes } from './engine.ts'
import { Lane, type LaneOptions } from './lane.ts'
import { dial, type TlsOptions } from './links.ts'
import type { Place } from './messages.ts'
import { lanesOf, overlap, type Request, spanOf } from './operations.ts'
import { areHere, waysTo } from './ways.ts'

export interface GenerationOptions extends Place {
  readonly memory: WebAssembly.Memory
  readonly door: Door
  readonly token: string
  readonly tls: TlsOptions | undefined
  readonly local: boolean
  readonly idleTimeoutMs: number
  onConnected(): void
  onDone(request: Request, result: unknown): void
  onAborted(message: string): void
}

/** Looks in an idle time: a process that was stopped itself notices one of them when it wakes up, not all. */
const looks = 4
const mostBeatMs = 1000
/** A connection that does not prove itself by then is tried anew. */
const handshakeMs = 5000

/** Connects to both neighbours, and runs operations until anything fails. */
export class Generation {
  readonly traffic = { sentBytes: 0, receivedBytes: 0, busyMs: 0 }
  readonly #options: GenerationOptions
  readonly #lanes: readonly Lane[]
  readonly #dialling = new AbortController()
  readonly #timers: NodeJS.Timeout[]
  readonly #late: NodeJS.Timeout
  readonly #leftRank: number
  readonly #rightRank: number
  /** What is under way, by its number. */
  readonly #open = new Map<number, { readonly request: Request; lanes: number }>()
  /** What must wait for it, in order. */
  readonly #held: Request[] = []
  #quiet = 0
  #busySince = 0
  #isOver = false

  constructor(options: GenerationOptions) {
    const { rank, world, peers, local, idleTimeoutMs } = options
    this.#options = options
    this.#leftRank = (rank - 1 + world) % world
    this.#rightRank = (rank + 1) % world
    // Local sockets hold less than a frame: with several of them nobody waits for the other to have read.
    const lanes = local && areHere(peers) ? mostLanes : 1
    const kernels = openKernels(options.memory)
    this.#lanes = Array.from({ length: lanes }, (_, lane) =>
      this.#openLane({ lane, lanes, kernels }),
    )
    const lookMs = idleTimeoutMs / looks
    this.#timers = [
      setInterval(() => this.#look(), lookMs),
      setInterval(
        () => {
          for (const lane of this.#lanes) lane.beat()
        },
        Math.min(mostBeatMs, lookMs),
      ),
    ]
    this.#late = setTimeout(() => this.#giveUp(), idleTimeoutMs)
    this.#awaitRight()
    for (const lane of this.#lanes.keys()) void this.#dialLeft(lane)
  }

  start(request: Request): void {
    if (this.#isOver) return
    this.#held.push(request)
    this.#startHeld()
  }

  drop(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#late)
    this.#options.door.expect(undefined)
    this.#dialling.abort()
    for (const lane of this.#lanes) lane.close()
  }

  #openLane(own: Pick<LaneOptions, 'lane' | 'lanes' | 'kernels'>): Lane {
    const { rank, world, generation, memory } = this.#options
    return new Lane({
      ...{ ...own, rank, world, generation, memory },
      onSent: (bytes) => {
        this.traffic.sentBytes += bytes
      },
      onReceived: (bytes) => {
        this.#quiet = 0
        this.traffic.receivedBytes += bytes
      },
      onDone: (request, result) => this.#end(request, result),
      onMisfit: (message) =>
        this.#abort(`a frame of ${this.#nameOf(this.#leftRank)} does not fit: ${message}`),
    })
  }

  /**
   * A lane keeps its operations apart where they share memory; it knows nothing of the other lanes. What shares memory
   * with something that is cut otherwise waits until that is done, and what comes later behind it.
   */
  #startHeld(): void {
    for (let next = this.#held[0]; next && !this.#clashes(next); next = this.#held[0]) {
      this.#held.shift()
      if (this.#open.size === 0) this.#busySince = performance.now()
      const lanes = this.#lanesOf(next)
      this.#open.set(next.id, { request: next, lanes })
      for (const { engine } of this.#lanes.slice(0, lanes)) engine.start(next)
    }
  }

  #lanesOf(request: Request): number {
    return lanesOf(request, { world: this.#options.world, lanes: this.#lanes.length })
  }

  #clashes(request: Request): boolean {
    const [span, lanes] = [spanOf(request), this.#lanesOf(request)]
    const isAlike = (other: Request) =>
      this.#lanesOf(other) === lanes &&
      (lanes === 1 || (other.at === request.at && other.length === request.length))
    return [...this.#open.values()].some(
      (open) => overlap(spanOf(open.request), span) && !isAlike(open.request),
    )
  }

  /** One lane is done with a request; the last one tells. */
  #end(request: Request, result: unknown): void {
    const open = this.#open.get(request.id)
    if (!open || --open.lanes > 0) return
    this.#open.delete(request.id)
    if (this.#open.size === 0) this.traffic.busyMs += performance.now() - this.#busySince
    this.#options.onDone(request, result)
    this.#startHeld()
  }

  #abort(message: string): void {
    if (this.#isOver) return
    this.drop()
    this.#options.onAborted(`generation ${this.#options.generation}: ${message}`)
  }

  #nameOf(rank: number): string {
    const { host, port } = this.#options.peers[rank]
    return `rank ${rank} (${host}:${port})`
  }

  /** What a connection is for. */
  #contextOf(from: number, to: number, lane: number): string {
    const { generation, world } = this.#options
    const lanes = this.#lanes.length
    const which = lanes > 1 ? `, lane ${lane} of ${lanes}` : ''
    return `ring ${generation} of ${world}, ${from} to ${to}${which}`
  }

  #awaitRight(): void {
    const { door, rank } = this.#options
    const contexts = this.#lanes.map((_, lane) => this.#contextOf(this.#rightRank, rank, lane))
    const name = this.#nameOf(this.#rightRank)
    door.expect({
      contexts,
      welcome: (socket, context) => {
        const lane = this.#lanes[contexts.indexOf(context)]
        if (!lane || lane.right) return socket.destroy()
        lane.right = socket
        if (this.#lanes.every(({ right }) => right)) door.expect(undefined)
        this.#follow(socket, name)
        socket.on('data', () => this.#abort(`${name} sent what nobody asked for`))
        return this.#begin()
      },
    })
  }

  async #dialLeft(which: number): Promise<void> {
    const { token, tls, rank, peers, idleTimeoutMs } = this.#options
    const context = this.#contextOf(rank, this.#leftRank, which)
    const lane = this.#lanes[which]
    const { signal } = this.#dialling
    try {
      const left = peers[this.#leftRank]
      // One local socket alone would hold less than a frame.
      const ways = this.#lanes.length > 1 ? waysTo(left) : [left]
      const options = { token, tls, ways, context, timeoutMs: handshakeMs, signal }
      const inlet = await dial(left, lane.sink, options)
      if (this.#isOver) inlet.socket.destroy()
      lane.left = inlet
      this.#follow(inlet.socket, this.#nameOf(this.#leftRank))
      this.#begin()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const name = this.#nameOf(this.#leftRank)
      this.#abort(`${name} was not reached within ${idleTimeoutMs} ms: ${reason}`)
    }
  }

  /** Not both neighbours came in time. */
  #giveUp(): void {
    if (this.#lanes.some(({ left }) => !left)) this.#dialling.abort()
    else {
      const name = this.#nameOf(this.#rightRank)
      this.#abort(`${name} did not connect within ${this.#options.idleTimeoutMs} ms`)
    }
  }

  #begin(): void {
    if (this.#isOver || !this.#lanes.every(({ isConnected }) => isConnected)) return
    clearTimeout(this.#late)
    this.#options.onConnected()
  }

  /** A neighbour that goes ends the generation. */
  #follow(socket: Socket, name: string): void {
    const onClosed = () => this.#abort(`lost ${name}: the connection was closed`)
    socket.on('error', ({ message }) => this.#abort(`lost ${name}: ${message}`))
    socket.on('end', onClosed)
    socket.on('close', onClosed)
    if (socket.destroyed) onClosed()
  }

  #look(): void {
    const [{ left }] = this.#lanes
    if (!left || this.#lanes.some(({ engine }) => engine.isHeld)) this.#quiet = 0
    else if (++this.#quiet > looks)
      this.#abort(
        `${this.#nameOf(this.#leftRank)} was silent for ${this.#options.idleTimeoutMs} ms`,
      )
  }
}
