import { chunksOf, type Stretch, segmentsOf } from '../../chunks.ts'
import type { Header, Kind, Piece, WireType } from '../../frame.ts'
import type { Kernels } from '../../kernels.ts'

// What each operation sends and receives on a ring, and in which order. A piece that is received and has further to
// go is sent on at once: so the pieces that a rank sends are its own, and then those it received, in their order.

/** Elements of a segment, and bytes where elements are bytes: 512 KiB of floats. */
export const segmentElements = 131_072
const segmentBytes = 262_144
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
  /** Known where the same bytes were received. */
  readonly crc?: number
  /** Where the payload lies; what does not lie in shared memory as it is to travel is laid out at `scratch`. */
  prepare(scratch: number): number
}

/** A piece that is to be received next. */
export interface Incoming {
  wanted(got: Piece): Piece
  /** Where in shared memory the payload may be received at once; else anywhere. */
  readonly place?: number
  /** Takes it from where it was received, and returns what may be sent now. */
  take(at: number, header: Header): Outgoing[]
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

export interface Seat {
  readonly rank: number
  readonly world: number
  readonly kernels: Kernels
  readonly memory: WebAssembly.Memory
}

export function openOperation(request: Request, seat: Seat): Operation {
  if (request.kind === 'broadcast') return broadcast(request, seat)
  if (request.kind === 'sum' || request.kind === 'mean') return allReduce(request, seat)
  return allGather(request, seat)
}

/** Copies bytes within shared memory. */
function move(
  { memory }: Seat,
  { from, to, length }: { from: number; to: number; length: number },
) {
  if (from !== to) new Uint8Array(memory.buffer).copyWithin(to, from, from + length)
}

/**
 * Ring all-reduce (Patarasuk and Yuan 2009). With N ranks and S bytes: 2(N-1) steps, in each of which every rank
 * sends S/N bytes. In the first N-1 steps every chunk travels once round the ring and is summed on its way; in the
 * others the sums travel. As every sum is made by one rank, all end with the same bits.
 */
function allReduce(request: Request, seat: Seat): Operation {
  const { rank, world, kernels } = seat
  const { kind, type, at, length: total } = request
  const wireBytes = type === 'bf16' ? 2 : 4
  const chunks = chunksOf(total, world).map((chunk) => segmentsOf(chunk, segmentElements))
  const chunkAt = (phase: number) => chunks[(((rank - phase) % world) + world) % world]
  /** In phase p a rank sends the chunk that started p ranks to its left. */
  const piece = (phase: number, segment: number, stretch: Stretch) => ({
    ...{ phase, segment, total, length: stretch.length * wireBytes },
  })
  const outgoing = (
    phase: number,
    segment: number,
    { stretch, crc }: { stretch: Stretch; crc?: number | undefined },
  ): Outgoing => ({
    ...piece(phase, segment, stretch),
    ...(crc !== undefined && { crc }),
    prepare: (scratch) => {
      const place = at + 4 * stretch.start
      if (type === 'float32') return place
      kernels.narrow(place, scratch, stretch.length)
      return scratch
    },
  })
  const sum = (from: number, { start, length }: Stretch) => {
    if (type === 'bf16') kernels.addBrains(at + 4 * start, from, length)
    else kernels.addFloats(at + 4 * start, from, length)
  }
  /** The whole sum is known: what the others will read in it, this rank reads too. */
  const finish = (scratch: number, { start, length }: Stretch) => {
    const place = at + 4 * start
    if (kind === 'mean') kernels.divide(place, length, world)
    if (type === 'float32') return
    kernels.narrow(place, scratch, length)
    kernels.widen(scratch, place, length)
  }
  const store = (from: number, { start, length }: Stretch) => {
    const place = at + 4 * start
    if (type === 'bf16') kernels.widen(from, place, length)
    else move(seat, { from, to: place, length: 4 * length })
  }
  let [phase, segment] = [0, 0]
  const take = (from: number, { crc }: Header): Outgoing[] => {
    const segments = chunkAt(phase + 1)
    const [stretch, here, number] = [segments[segment], phase, segment]
    if (++segment === segments.length) [phase, segment] = [phase + 1, 0]
    if (here >= world - 1) {
      store(from, stretch)
      return here < 2 * world - 3 ? [outgoing(here + 1, number, { stretch, crc })] : []
    }
    sum(from, stretch)
    if (here === world - 2) finish(from, stretch)
    return [outgoing(here + 1, number, { stretch })]
  }
  const phases = Array.from({ length: 2 * world - 2 }, (_, i) => chunkAt(i).length)
  return {
    request,
    span: { start: at, length: 4 * total },
    sends: phases.reduce((sum, segments) => sum + segments, 0),
    begin: () => chunkAt(0).map((stretch, i) => outgoing(0, i, { stretch })),
    next: () => {
      if (phase === 2 * world - 2) return undefined
      const stretch = chunkAt(phase + 1)[segment]
      const isFinal = type === 'float32' && phase >= world - 1
      const wanted = piece(phase, segment, stretch)
      return { wanted: () => wanted, take, ...(isFinal && { place: at + 4 * stretch.start }) }
    },
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
  let received = rank === from ? segments.length : 0
  return {
    request,
    span: { start: at, length: total },
    sends: isLast ? 0 : segments.length,
    begin: () =>
      rank === from ? segments.map((_, i) => ({ ...piece(i), prepare: () => place(i) })) : [],
    next: () => {
      if (received === segments.length) return undefined
      const segment = received
      return {
        wanted: () => piece(segment),
        place: place(segment),
        take: (found, { crc }) => {
          move(seat, { from: found, to: place(segment), length: segments[segment].length })
          received++
          return isLast ? [] : [{ ...piece(segment), crc, prepare: () => place(segment) }]
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
  const outgoing = (phase: number, segment: number, crc?: number): Outgoing => {
    const whole = gathered[phase]
    const start = segment * segmentBytes
    const bytes = whole.subarray(start, start + segmentBytes)
    return {
      ...{ phase, segment, total: whole.length, length: bytes.length },
      ...(crc !== undefined && { crc }),
      prepare: (scratch) => {
        new Uint8Array(memory.buffer).set(bytes, scratch)
        return scratch
      },
    }
  }
  let [distance, segment] = [1, 0]
  const take = (at: number, { phase, total, length, crc }: Header): Outgoing[] => {
    if (segment === 0) gathered[phase] = new Uint8Array(total)
    const bytes = new Uint8Array(memory.buffer, at, length)
    gathered[phase].set(bytes, segment * segmentBytes)
    const here = segment
    const isLast = (here + 1) * segmentBytes >= total
    if (isLast) [distance, segment] = [distance + 1, 0]
    else segment++
    return (rank + 1) % world === phase ? [] : [outgoing(phase, here, crc)]
  }
  return {
    request,
    span: { start: 0, length: 0 },
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
