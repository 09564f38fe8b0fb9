import type { Socket } from 'node:net'
import { openKernels } from '../../kernels.ts'
import type { Door } from './door.ts'
import { Engine } from './engine.ts'
import { dial, type Inlet, type TlsOptions } from './links.ts'
import type { Place } from './messages.ts'
import type { Request } from './operations.ts'

export interface GenerationOptions extends Place {
  readonly memory: WebAssembly.Memory
  readonly door: Door
  readonly token: string
  readonly tls: TlsOptions | undefined
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
  readonly #engine: Engine
  readonly #dialling = new AbortController()
  readonly #timers: NodeJS.Timeout[]
  readonly #late: NodeJS.Timeout
  readonly #leftRank: number
  readonly #rightRank: number
  #left: Inlet | undefined
  #right: Socket | undefined
  #quiet = 0
  #busySince = 0
  #isOver = false

  constructor(options: GenerationOptions) {
    const { rank, world, memory, idleTimeoutMs } = options
    this.#options = options
    this.#leftRank = (rank - 1 + world) % world
    this.#rightRank = (rank + 1) % world
    this.#engine = new Engine({
      ...{ rank, world, generation: options.generation, memory, kernels: openKernels(memory) },
      send: (header, payload, onWritten) => this.#send([header, payload], onWritten),
      onDone: (request, result) => {
        if (!this.#engine.isBusy) this.traffic.busyMs += performance.now() - this.#busySince
        options.onDone(request, result)
      },
      onWanted: () => this.#left?.resume(),
      onMisfit: (message) =>
        this.#abort(`a frame of ${this.#nameOf(this.#leftRank)} does not fit: ${message}`),
    })
    const lookMs = idleTimeoutMs / looks
    this.#timers = [
      setInterval(() => this.#look(), lookMs),
      setInterval(() => this.#beat(), Math.min(mostBeatMs, lookMs)),
    ]
    this.#late = setTimeout(() => this.#giveUp(), idleTimeoutMs)
    this.#awaitRight()
    this.#dialLeft()
  }

  start(request: Request): void {
    if (this.#isOver) return
    if (!this.#engine.isBusy) this.#busySince = performance.now()
    this.#engine.start(request)
  }

  drop(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const timer of this.#timers) clearInterval(timer)
    clearTimeout(this.#late)
    this.#options.door.expect(undefined)
    this.#dialling.abort()
    this.#left?.socket.destroy()
    this.#right?.destroy()
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
  #contextOf(from: number, to: number): string {
    const { generation, world } = this.#options
    return `ring ${generation} of ${world}, ${from} to ${to}`
  }

  #awaitRight(): void {
    const { door, rank } = this.#options
    door.expect({
      context: this.#contextOf(this.#rightRank, rank),
      welcome: (socket) => {
        door.expect(undefined)
        this.#right = socket
        const name = this.#nameOf(this.#rightRank)
        this.#follow(socket, name)
        socket.on('data', () => this.#abort(`${name} sent what nobody asked for`))
        this.#begin()
      },
    })
  }

  async #dialLeft(): Promise<void> {
    const { token, tls, rank, peers, idleTimeoutMs } = this.#options
    const context = this.#contextOf(rank, this.#leftRank)
    const sink = {
      target: () => this.#engine.target(),
      received: (count: number) => this.#receive(count),
    }
    const { signal } = this.#dialling
    try {
      const options = { token, tls, context, timeoutMs: handshakeMs, signal }
      const inlet = await dial(peers[this.#leftRank], sink, options)
      if (this.#isOver) inlet.socket.destroy()
      this.#left = inlet
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
    if (!this.#left) this.#dialling.abort()
    else {
      const name = this.#nameOf(this.#rightRank)
      this.#abort(`${name} did not connect within ${this.#options.idleTimeoutMs} ms`)
    }
  }

  #begin(): void {
    if (this.#isOver || !this.#left || !this.#right) return
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

  #send([header, payload]: readonly [Uint8Array, Uint8Array], onWritten: () => void): void {
    const socket = this.#right
    if (!socket) return
    this.traffic.sentBytes += header.length + payload.length
    const onEnd = (error?: Error | null) => error || onWritten()
    socket.cork()
    if (payload.length > 0) socket.write(header)
    socket.write(payload.length > 0 ? payload : header, onEnd)
    socket.uncork()
  }

  #receive(count: number): boolean {
    this.#quiet = 0
    this.traffic.receivedBytes += count
    return this.#engine.received(count)
  }

  #look(): void {
    if (!this.#left || this.#engine.isHeld) this.#quiet = 0
    else if (++this.#quiet > looks)
      this.#abort(
        `${this.#nameOf(this.#leftRank)} was silent for ${this.#options.idleTimeoutMs} ms`,
      )
  }

  #beat(): void {
    // What waits to be sent tells as much.
    if (this.#right?.writableLength === 0) this.#engine.beat()
  }
}
