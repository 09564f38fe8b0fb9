import {
  decodeHeader,
  differenceOf,
  encodeHeader,
  type Header,
  headerBytes,
  type Label,
} from '../../frame.ts'
import { firstFreeByte } from '../../kernels.ts'
import {
  frameBytes,
  type Operation,
  type Outgoing,
  openOperation,
  type Request,
  type Seat,
} from './operations.ts'

// One rank's part of a ring, without sockets: bytes from the left neighbour come in, frames for the right one go out.

/** Frames that may wait in the socket; each has a place where its payload can be laid out. */
const window = 8
/** Where payloads are received that are not yet wanted, or not as they are; then the places of those to be sent. */
const stagingAt = firstFreeByte
/** Where memory for arrays begins. */
export const arenaStart = stagingAt + (1 + window) * frameBytes

export interface EngineOptions extends Seat {
  readonly generation: number
  /** Hands a frame to the right neighbour; `onWritten` once its bytes have left this process's memory. */
  send(header: Uint8Array, payload: Uint8Array, onWritten: () => void): void
  onDone(request: Request, result: unknown): void
  /** Bytes may be received again. */
  onWanted(): void
  /** A frame does not fit: this generation is over. */
  onMisfit(message: string): void
}

export interface Engine {
  start(request: Request): void
  /** Where the next bytes are to be received, at least one. */
  target(): Uint8Array
  /** Takes as many bytes as were put there. False: no more for now, until `start` says otherwise. */
  received(count: number): boolean
  /** A frame that only tells that this rank lives. */
  beat(): void
  readonly isBusy: boolean
  /** Whether what was received waits for an operation that nobody has started here. */
  readonly isHeld: boolean
}

interface Task {
  readonly operation: Operation
  readonly label: Label
  readonly ready: Outgoing[]
  begun: boolean
  sent: number
  written: number
}

export function openEngine(options: EngineOptions): Engine {
  const { generation, kernels, memory } = options
  const tasks: Task[] = []
  const headerArea = new Uint8Array(headerBytes)
  let [sequence, receiving, frames, inFlight] = [0, 0, 0, 0]
  let header: Header | undefined
  let [filled, payloadAt] = [0, stagingAt]
  let held = false
  let dead = false

  const misfit = (message: string) => {
    dead = true
    options.onMisfit(message)
  }

  const isAllSent = ({ operation, sent, ready }: Task) =>
    sent === operation.sends || (ready.length === 0 && !operation.next())

  const sendFrame = (task: Task, piece: Outgoing) => {
    const at = piece.prepare(stagingAt + (1 + (frames++ % window)) * frameBytes)
    const { phase, segment, total, length } = piece
    const crc = piece.crc ?? kernels.crc32c(at, length) >>> 0
    const bytes = encodeHeader({ ...task.label, phase, segment, total, length, crc })
    task.sent++
    inFlight++
    options.send(bytes, new Uint8Array(memory.buffer, at, length), () => {
      task.written++
      inFlight--
      settle()
    })
  }

  /** Sends what may be sent, in the order of operations: no neighbour sees another one. */
  const pump = () => {
    for (const task of tasks) {
      while (task.ready.length > 0 && inFlight < window) sendFrame(task, task.ready.shift()!)
      if (!task.begun || !isAllSent(task)) return
    }
  }

  const overlaps = (a: Operation['span'], b: Operation['span']) =>
    a.start < b.start + b.length && b.start < a.start + a.length

  /** Operations whose memory is in nobody's hands begin. */
  const beginAll = () => {
    for (const [i, task] of tasks.entries()) {
      const { span } = task.operation
      const isFree = () =>
        !tasks.slice(0, i).some(({ operation }) => overlaps(operation.span, span))
      if (task.begun || !isFree()) continue
      task.begun = true
      task.ready.push(...task.operation.begin())
    }
  }

  const isDone = (task: Task) =>
    task.begun && task.written === task.sent && isAllSent(task) && !task.operation.next()

  /** Ends what is done, in order; whether there was anything. */
  const endDone = (): boolean => {
    const done = tasks.slice(0, tasks.findIndex((task) => !isDone(task)) >>> 0)
    tasks.splice(0, done.length)
    receiving = Math.max(0, receiving - done.length)
    for (const { operation } of done) options.onDone(operation.request, operation.result())
    return done.length > 0
  }

  /** Goes on as far as may be. */
  const settle = () => {
    while (!dead) {
      beginAll()
      const wasHeld = held
      if (held && advance()) options.onWanted()
      pump()
      if (!endDone() && held === wasHeld) return
    }
  }

  /** The operation that the next frame belongs to, if it has begun here. */
  const current = (): Task | undefined => {
    while (tasks[receiving]?.begun && !tasks[receiving].operation.next()) receiving++
    return tasks[receiving]?.begun ? tasks[receiving] : undefined
  }

  /** Looks at a header as soon as it is known which one is due. */
  const misfitOf = (got: Header, { label, operation }: Task): string | undefined =>
    differenceOf(got, label) ?? differenceOf(got, operation.next()!.wanted(got))

  const openFrame = (): string | undefined => {
    const got = decodeHeader(headerArea)
    if (typeof got === 'string') return got
    filled = 0
    if (got.kind === 'beat') return differenceOf(got, { generation })
    if (got.length > frameBytes) return `length: got ${got.length}, wanted at most ${frameBytes}`
    header = got
    const task = current()
    payloadAt = task?.operation.next()?.place ?? stagingAt
    return task && misfitOf(got, task)
  }

  const closeFrame = (got: Header): string | undefined => {
    const crc = kernels.crc32c(payloadAt, got.length) >>> 0
    return crc === got.crc ? undefined : `CRC-32C of a payload: got ${crc}, wanted ${got.crc}`
  }

  /** Hands a whole frame to its operation. False: that has not begun. */
  const advance = (): boolean => {
    if (!header || filled < header.length) return true
    const task = current()
    held = !task
    if (!task) return false
    const [got, incoming] = [header, task.operation.next()!]
    const message = misfitOf(got, task)
    if (message) {
      misfit(message)
      return false
    }
    header = undefined
    filled = 0
    task.ready.push(...incoming.take(payloadAt, got))
    return true
  }

  const received = (count: number): boolean => {
    if (dead) return false
    filled += count
    if (!header) {
      if (filled < headerBytes) return true
      const message = openFrame()
      if (message) misfit(message)
    }
    if (dead || !header || filled < header.length) return !dead
    const message = closeFrame(header)
    if (message) misfit(message)
    if (dead || !advance()) return false
    settle()
    return !dead
  }

  const start = (request: Request) => {
    const { kind, type, step, bucket } = request
    const label = { generation, sequence: sequence++, kind, type, step, bucket }
    const operation = openOperation(request, options)
    tasks.push({ operation, label, ready: [], begun: false, sent: 0, written: 0 })
    settle()
  }

  const beat = () => {
    const label = {
      generation,
      sequence: 0,
      kind: 'beat',
      type: 'bytes',
      step: 0,
      bucket: 0,
    } as const
    const piece = { phase: 0, segment: 0, total: 0, length: 0, crc: 0 }
    options.send(encodeHeader({ ...label, ...piece }), new Uint8Array(), () => {})
  }

  return {
    start,
    received,
    beat,
    target: () => {
      if (!header || held) return headerArea.subarray(header ? 0 : filled)
      return new Uint8Array(memory.buffer, payloadAt + filled, header.length - filled)
    },
    get isBusy() {
      return tasks.length > 0
    },
    get isHeld() {
      return held
    },
  }
}
