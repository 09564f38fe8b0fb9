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
  overlap,
  type Request,
  type Seat,
} from './operations.ts'

// One rank's part of a ring, without sockets: bytes from the left neighbour come in, frames for the right one go out.

/** Frames that may wait in the socket; each has a place where its payload can be laid out. */
const window = 4
/** Of each lane: where payloads are received that are not yet wanted, or not as they are; then those to be sent. */
const stagingBytes = (1 + window) * frameBytes
/** Lanes that there may be. */
export const mostLanes = 4
/** Where memory for arrays begins. */
export const arenaStart = firstFreeByte + mostLanes * stagingBytes

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

interface Task {
  readonly operation: Operation
  readonly label: Label
  readonly ready: Outgoing[]
  begun: boolean
  sent: number
  written: number
}

const isAllSent = ({ operation, sent, ready }: Task): boolean =>
  sent === operation.sends || (ready.length === 0 && !operation.next())

const isDone = (task: Task): boolean =>
  task.begun && task.written === task.sent && isAllSent(task) && !task.operation.next()

/** Looks at a header as soon as it is known which one is due. */
const misfitOf = (got: Header, { label, operation }: Task): string | undefined =>
  differenceOf(got, label) ?? differenceOf(got, operation.next()!.wanted(got))

export class Engine {
  readonly #options: EngineOptions
  /** Operations that are not done, in their order. */
  readonly #tasks: Task[] = []
  /** Which of them the next frame belongs to. */
  #receiving = 0
  #sequence = 0
  #frames = 0
  #inFlight = 0
  readonly #headerArea = new Uint8Array(headerBytes)
  /** Of the frame whose payload is being received. */
  #header: Header | undefined
  #filled = 0
  readonly #stagingAt: number
  #payloadAt: number
  #held = false
  #dead = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#stagingAt = firstFreeByte + options.lane * stagingBytes
    this.#payloadAt = this.#stagingAt
  }

  /** Whether what was received waits for an operation that nobody has started here. */
  get isHeld(): boolean {
    return this.#held
  }

  start(request: Request): void {
    const { kind, type, step, bucket } = request
    const { generation } = this.#options
    const label = { generation, sequence: this.#sequence++, kind, type, step, bucket }
    const operation = openOperation(request, this.#options)
    this.#tasks.push({ operation, label, ready: [], begun: false, sent: 0, written: 0 })
    this.#settle()
  }

  /** A frame that only tells that this rank lives. */
  beat(): void {
    const { generation, send } = this.#options
    const label = {
      generation,
      sequence: 0,
      kind: 'beat',
      type: 'bytes',
      step: 0,
      bucket: 0,
    } as const
    const piece = { phase: 0, segment: 0, total: 0, length: 0, crc: 0 }
    send(encodeHeader({ ...label, ...piece }), new Uint8Array(), () => {})
  }

  /** Where the next bytes are to be received, at least one. */
  target(): Uint8Array {
    if (!this.#header || this.#held)
      return this.#headerArea.subarray(this.#header ? 0 : this.#filled)
    const { memory } = this.#options
    const at = this.#payloadAt + this.#filled
    return new Uint8Array(memory.buffer, at, this.#header.length - this.#filled)
  }

  /** Takes as many bytes as were put there. False: no more for now, until `onWanted`. */
  received(count: number): boolean {
    if (this.#dead) return false
    this.#filled += count
    if (!this.#header) {
      if (this.#filled < headerBytes) return true
      if (!this.#fits(this.#openFrame())) return false
    }
    if (!this.#header || this.#filled < this.#header.length) return true
    if (!this.#advance()) return false
    this.#settle()
    return !this.#dead
  }

  #fits(misfit: string | undefined): boolean {
    if (misfit === undefined) return true
    this.#dead = true
    this.#options.onMisfit(misfit)
    return false
  }

  /** Reads a header; returns why it does not fit, if so. */
  #openFrame(): string | undefined {
    const got = decodeHeader(this.#headerArea)
    if (typeof got === 'string') return got
    this.#filled = 0
    if (got.kind === 'beat')
      return differenceOf(got, { generation: this.#options.generation, length: 0 })
    if (got.length > frameBytes) return `length: got ${got.length}, wanted at most ${frameBytes}`
    this.#header = got
    const task = this.#current()
    this.#payloadAt = task?.operation.next()?.place ?? this.#stagingAt
    return task && misfitOf(got, task)
  }

  /** The operation that the next frame belongs to, if it has begun here. */
  #current(): Task | undefined {
    const isReceived = (task: Task | undefined) => task?.begun && !task.operation.next()
    while (isReceived(this.#tasks[this.#receiving])) this.#receiving++
    const task = this.#tasks[this.#receiving]
    return task?.begun ? task : undefined
  }

  /** Hands a whole frame to its operation. False: that has not begun, or wants another one. */
  #advance(): boolean {
    const task = this.#current()
    this.#held = !task
    if (!task || !this.#header) return false
    const got = this.#header
    // A frame that came before its operation began was not looked at yet.
    if (!this.#fits(misfitOf(got, task))) return false
    this.#header = undefined
    this.#filled = 0
    const { crc, ready } = task.operation.next()!.take(this.#payloadAt, got)
    const wrong = `CRC-32C of a payload: got ${crc}, wanted ${got.crc}`
    if (!this.#fits(crc === got.crc ? undefined : wrong)) return false
    task.ready.push(...ready)
    return true
  }

  /** Goes on as far as may be. */
  #settle(): void {
    while (!this.#dead) {
      this.#beginAll()
      const wasHeld = this.#held
      if (wasHeld && this.#advance()) this.#options.onWanted()
      this.#pump()
      if (!this.#endDone() && this.#held === wasHeld) return
    }
  }

  /** Operations whose memory is in nobody's hands begin. */
  #beginAll(): void {
    for (const [i, task] of this.#tasks.entries()) {
      const { span } = task.operation
      const before = this.#tasks.slice(0, i)
      if (task.begun || before.some(({ operation }) => overlap(operation.span, span))) continue
      task.begun = true
      task.ready.push(...task.operation.begin())
    }
  }

  /** Sends what may be sent, in the order of operations: no neighbour sees another one. */
  #pump(): void {
    for (const task of this.#tasks) {
      while (task.ready.length > 0 && this.#inFlight < window)
        this.#sendFrame(task, task.ready.shift()!)
      if (!task.begun || !isAllSent(task)) return
    }
  }

  #sendFrame(task: Task, piece: Outgoing): void {
    const { memory, send } = this.#options
    const { at, crc } = piece.prepare(
      this.#stagingAt + (1 + (this.#frames++ % window)) * frameBytes,
    )
    const { phase, segment, total, length } = piece
    const { generation, sequence, kind, type, step, bucket } = task.label
    const header = encodeHeader({
      generation,
      sequence,
      kind,
      type,
      step,
      bucket,
      phase,
      segment,
      total,
      length,
      crc,
    })
    task.sent++
    this.#inFlight++
    send(header, new Uint8Array(memory.buffer, at, length), () => {
      task.written++
      this.#inFlight--
      this.#settle()
    })
  }

  /** Ends what is done, in order; whether there was anything. */
  #endDone(): boolean {
    const open = this.#tasks.findIndex((task) => !isDone(task))
    const done = this.#tasks.splice(0, open < 0 ? this.#tasks.length : open)
    this.#receiving = Math.max(0, this.#receiving - done.length)
    for (const { operation } of done) this.#options.onDone(operation.request, operation.result())
    return done.length > 0
  }
}
