import { chunksOf, partOf, type Stretch, segmentsOf } from '../../chunks.ts'
import type { Header, Kind, Piece, WireType } from '../../frame.ts'
import {
  checksum,
  floatWire,
  halfWire,
  type Payload,
  type SharedBytes,
  takeBytes,
} from './wires.ts'

// What each operation sends and receives on a ring, and in which order. A piece that is received and has further to
// go is sent on at once: so the pieces that a rank sends are its own, and then those it received, in their order.

/** Elements of a segment, and bytes where elements are bytes: 512 KiB of floats. */
export const segmentElements = 131_072
const segmentBytes = 262_144
/** A lane's part of a chunk has no fewer elements. */
const leastElements = 32_768
/** What one rank may give to an all-gather, in bytes: nobody makes the others fill their memory. */
export const mostGathered = 2 ** 30
/** Memory that the payload of any frame fits into. */
export const frameBytes = 4 * segmentElements

/** What the thread that calls asks for; places are bytes in shared memory, lengths elements. */
export interface Request {
  readonly id: number
  readonly kind: Kind
  readonly type: WireType
  readonly step: number
  readonly bucket: number
  readonly at: number
  readonly length: number
  /** Of a broadcast: where from. */
  readonly from?: number
  /** Of an all-gather: what this rank gives. */
  readonly bytes?: Uint8Array
}

/** A piece that may be sent. */
export interface Outgoing extends Piece {
  /** What does not lie in shared memory as it is to travel is laid out at `scratch`. */
  prepare(scratch: number): Payload
}

/** A piece that was received. */
export interface Taken {
  /** The checksum of what was received: where it is not the one that was sent, nothing else may be believed. */
  readonly crc: number
  /** What may be sent now. */
  readonly ready: readonly Outgoing[]
}

/** A piece that is to be received next. */
export interface Incoming {
  wanted(got: Piece): Piece
  /** Where in shared memory the payload may be received at once; else anywhere. */
  readonly place?: number | undefined
  /** Takes it from where it was received. */
  take(at: number, header: Header): Taken
}

export interface Operation {
  readonly request: Request
  /** Memory that it works on, in bytes. */
  readonly span: Stretch
  /** What may be sent before anything is received. Looked at once, when the memory is free for it. */
  begin(): Outgoing[]
  /** Pieces that it sends in all; undefined where only those received tell. */
  readonly sends: number | undefined
  /** What is received next; undefined once everything has been. */
  next(): Incoming | undefined
  /** What the caller gets. */
  result(): unknown
}

export interface Seat extends SharedBytes {
  readonly rank: number
  readonly world: number
  /** Which of the lanes this is. */
  readonly lane: number
  readonly lanes: number
}

/** How many lanes an operation takes: what is short is not worth several. */
export function lanesOf(
  { kind, length }: Request,
  { world, lanes }: Pick<Seat, 'world' | 'lanes'>,
): number {
  const isSum = kind === 'sum' || kind === 'mean'
  return isSum && length >= world * lanes * leastElements ? lanes : 1
}

/** Memory that an operation works on, in bytes. */
export function spanOf({ kind, at, length }: Request): Stretch {
  if (kind === 'sum' || kind === 'mean') return { start: at, length: 4 * length }
  return kind === 'broadcast' ? { start: at, length } : { start: 0, length: 0 }
}

export const overlap = (a: Stretch, b: Stretch): boolean =>
  a.start < b.start + b.length && b.start < a.start + a.length

export function openOperation(request: Request, seat: Seat): Operation {
  if (request.kind === 'broadcast') return broadcast(request, seat)
  if (request.kind === 'sum' || request.kind === 'mean') return allReduce(request, seat)
  return allGather(request, seat)
}

/**
 * Ring all-reduce (Patarasuk and Yuan 2009). With N ranks and S bytes: 2(N-1) steps, in each of which every rank
 * sends S/N bytes. In the first N-1 steps every chunk travels once round the ring and is summed on its way; in the
 * others the sums travel. As every sum is made by one rank, all end with the same bits.
 */
function allReduce(request: Request, seat: Seat): Operation {
  const { rank, world, lane, kernels, memory } = seat
  const { kind, type, at, length: total } = request
  const by = kind === 'mean' ? world : 1
  const wire = (type === 'bf16' ? halfWire : floatWire)({ kernels, memory, at, by })
  const lanes = lanesOf(request, seat)
  // Each lane takes its part of every chunk: which rank sums what, and in which order, does not depend on the lanes.
  const chunks = chunksOf(total, world).map((chunk) =>
    segmentsOf(partOf(chunk, { lane, lanes }), segmentElements),
  )
  const chunkAt = (phase: number) => chunks[(((rank - phase) % world) + world) % world]
  /** In phase p a rank sends the chunk that started p ranks to its left. */
  const outgoing = (
    phase: number,
    segment: number,
    { stretch, crc }: { stretch: Stretch; crc?: number | undefined },
  ): Outgoing => ({
    phase,
    segment,
    total,
    length: stretch.length * wire.width,
    prepare: (scratch) => wire.layOut(stretch, scratch, crc),
  })
  const phases = 2 * world - 2
  let [phase, segment] = [0, 0]
  const take = (from: number): Taken => {
    const segments = chunkAt(phase + 1)
    const [stretch, here, number] = [segments[segment], phase, segment]
    if (++segment === segments.length) [phase, segment] = [phase + 1, 0]
    incoming = due()
    if (here >= world - 1) {
      const crc = wire.store(from, stretch)
      return {
        crc,
        ready: here === phases - 1 ? [] : [outgoing(here + 1, number, { stretch, crc })],
      }
    }
    const { crc, ofSum } = wire.sum(from, stretch, here === world - 2)
    return { crc, ready: [outgoing(here + 1, number, { stretch, crc: ofSum })] }
  }
  const due = (): Incoming | undefined => {
    if (phase === phases) return undefined
    const stretch = chunkAt(phase + 1)[segment]
    const wanted = { phase, segment, total, length: stretch.length * wire.width }
    const isFinal = type === 'float32' && phase >= world - 1
    return { wanted: () => wanted, take, place: isFinal ? at + 4 * stretch.start : undefined }
  }
  let incoming = due()
  return {
    request,
    span: spanOf(request),
    sends: Array.from({ length: phases }, (_, i) => chunkAt(i).length).reduce((a, b) => a + b),
    begin: () => chunkAt(0).map((stretch, i) => outgoing(0, i, { stretch })),
    next: () => incoming,
    result: () => undefined,
  }
}

/** The bytes travel from rank to rank, up to the one left of where they came from. */
function broadcast(request: Request, seat: Seat): Operation {
  const { rank, world } = seat
  const { at, length: total, from = 0 } = request
  const segments = segmentsOf({ start: 0, length: total }, segmentBytes)
  const isLast = (rank + 1) % world === from
  const piece = (segment: number): Piece => ({
    ...{ phase: from, segment, total, length: segments[segment].length },
  })
  const place = (segment: number) => at + segments[segment].start
  const outgoing = (segment: number, known?: number): Outgoing => ({
    ...piece(segment),
    prepare: () => {
      const [here, { length }] = [place(segment), segments[segment]]
      return { at: here, crc: known ?? checksum(seat, here, length) }
    },
  })
  let received = rank === from ? segments.length : 0
  return {
    request,
    span: spanOf(request),
    sends: isLast ? 0 : segments.length,
    begin: () => (rank === from ? segments.map((_, i) => outgoing(i)) : []),
    next: () => {
      if (received === segments.length) return undefined
      const segment = received
      return {
        wanted: () => piece(segment),
        place: place(segment),
        take: (found) => {
          const { length } = segments[segment]
          const crc = takeBytes(seat, { from: found, to: place(segment), length })
          received++
          return { crc, ready: isLast ? [] : [outgoing(segment, crc)] }
        },
      }
    },
    result: () => undefined,
  }
}

/** What each rank gives travels once round the ring. How much that is, its first frame says. */
function allGather(request: Request, seat: Seat): Operation {
  const { rank, world, memory } = seat
  const own = request.bytes ?? new Uint8Array()
  const gathered = Array.from({ length: world }, (): Uint8Array => new Uint8Array())
  gathered[rank] = own
  const outgoing = (phase: number, segment: number, known?: number): Outgoing => {
    const whole = gathered[phase]
    const start = segment * segmentBytes
    const bytes = whole.subarray(start, start + segmentBytes)
    return {
      ...{ phase, segment, total: whole.length, length: bytes.length },
      prepare: (scratch) => {
        new Uint8Array(memory.buffer).set(bytes, scratch)
        return { at: scratch, crc: known ?? checksum(seat, scratch, bytes.length) }
      },
    }
  }
  let [distance, segment] = [1, 0]
  const take = (at: number, { phase, total, length }: Header): Taken => {
    if (segment === 0) gathered[phase] = new Uint8Array(total)
    const bytes = new Uint8Array(memory.buffer, at, length)
    gathered[phase].set(bytes, segment * segmentBytes)
    const crc = checksum(seat, at, length)
    const here = segment
    const isLast = (here + 1) * segmentBytes >= total
    if (isLast) [distance, segment] = [distance + 1, 0]
    else segment++
    const isAround = (rank + 1) % world === phase
    return { crc, ready: isAround ? [] : [outgoing(phase, here, crc)] }
  }
  return {
    request,
    span: spanOf(request),
    sends: undefined,
    begin: () =>
      segmentsOf({ start: 0, length: own.length }, segmentBytes).map((_, i) => outgoing(rank, i)),
    next: () => {
      if (distance === world) return undefined
      const phase = (rank - distance + world) % world
      const wanted = (got: Piece) => {
        const total = segment > 0 ? gathered[phase].length : Math.min(got.total, mostGathered)
        return {
          phase,
          segment,
          total,
          length: Math.min(segmentBytes, total - segment * segmentBytes),
        }
      }
      return { wanted, take }
    },
    result: () => gathered,
  }
}
