import type { Socket } from 'node:net'
import { openKernels } from '../../kernels.ts'
import type { Door } from './door.ts'
import { openEngine } from './engine.ts'
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

export interface Generation {
  start(request: Request): void
  drop(): void
  readonly traffic: { sentBytes: number; receivedBytes: number; busyMs: number }
}

/** Looks in an idle time: a process that was stopped itself notices one of them when it wakes up, not all. */
const looks = 4
const mostBeatMs = 1000
/** A connection that does not prove itself by then is tried anew. */
const handshakeMs = 5000

/** Connects to both neighbours, and runs operations until anything fails. */
export function openGeneration(options: GenerationOptions): Generation {
  const { rank, world, generation, peers, memory, door, idleTimeoutMs } = options
  const leftRank = (rank - 1 + world) % world
  const rightRank = (rank + 1) % world
  const nameOf = (other: number) => `rank ${other} (${peers[other].host}:${peers[other].port})`
  const contextOf = (from: number, to: number) => `ring ${generation} of ${world}, ${from} to ${to}`
  const traffic = { sentBytes: 0, receivedBytes: 0, busyMs: 0 }
  const dialling = new AbortController()
  let isOver = false
  let left: Inlet | undefined
  let right: Socket | undefined
  let [quiet, busySince] = [0, 0]

  const drop = () => {
    if (isOver) return
    isOver = true
    clearInterval(watch)
    clearInterval(beating)
    clearTimeout(late)
    door.expect(undefined)
    dialling.abort()
    left?.socket.destroy()
    right?.destroy()
  }
  const abort = (message: string) => {
    if (isOver) return
    drop()
    options.onAborted(`generation ${generation}: ${message}`)
  }
  const engine = openEngine({
    ...{ rank, world, generation, memory, kernels: openKernels(memory) },
    send: (header, payload, onWritten) => {
      if (!right) return
      traffic.sentBytes += header.length + payload.length
      right.cork()
      if (payload.length === 0) right.write(header, onWritten)
      else {
        right.write(header)
        right.write(payload, (error) => error || onWritten())
      }
      right.uncork()
    },
    onDone: (request, result) => {
      if (!engine.isBusy) traffic.busyMs += performance.now() - busySince
      options.onDone(request, result)
    },
    onWanted: () => left?.resume(),
    onMisfit: (message) => abort(`a frame of ${nameOf(leftRank)} does not fit: ${message}`),
  })
  const sink = {
    target: engine.target,
    received: (count: number) => {
      quiet = 0
      traffic.receivedBytes += count
      return engine.received(count)
    },
  }

  const watch = setInterval(() => {
    if (!left || engine.isHeld) quiet = 0
    else if (++quiet > looks) abort(`${nameOf(leftRank)} was silent for ${idleTimeoutMs} ms`)
  }, idleTimeoutMs / looks)
  const beating = setInterval(
    () => right && right.writableLength === 0 && engine.beat(),
    Math.min(mostBeatMs, idleTimeoutMs / looks),
  )
  const late = setTimeout(() => {
    if (left) abort(`${nameOf(rightRank)} did not connect within ${idleTimeoutMs} ms`)
    else dialling.abort()
  }, idleTimeoutMs)

  const follow = (socket: Socket, name: string) => {
    socket.on('error', ({ message }) => abort(`lost ${name}: ${message}`))
    socket.on('end', () => abort(`lost ${name}: the connection was closed`))
    socket.on('close', () => abort(`lost ${name}: the connection was closed`))
    if (socket.destroyed) abort(`lost ${name}: the connection was closed`)
  }
  const begin = () => {
    if (!left || !right) return
    clearTimeout(late)
    options.onConnected()
  }
  door.expect({
    context: contextOf(rightRank, rank),
    welcome: (socket) => {
      door.expect(undefined)
      right = socket
      follow(socket, nameOf(rightRank))
      socket.on('data', () => abort(`${nameOf(rightRank)} sent what nobody asked for`))
      begin()
    },
  })
  const context = contextOf(rank, leftRank)
  const { token, tls } = options
  dial(peers[leftRank], sink, {
    token,
    tls,
    context,
    timeoutMs: handshakeMs,
    signal: dialling.signal,
  }).then(
    (inlet) => {
      if (isOver) return inlet.socket.destroy()
      left = inlet
      follow(inlet.socket, nameOf(leftRank))
      return begin()
    },
    (error) =>
      abort(`${nameOf(leftRank)} was not reached within ${idleTimeoutMs} ms: ${error.message}`),
  )
  return {
    start: (request) => {
      if (isOver) return
      if (!engine.isBusy) busySince = performance.now()
      engine.start(request)
    },
    drop,
    traffic,
  }
}
