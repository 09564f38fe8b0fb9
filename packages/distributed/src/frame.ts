import { crc32c } from './crc32c.ts'

// What lies before the payload of every frame, little-endian:
// magic, generation, sequence, step, bucket (u32 each); kind, type (u8), phase (u16); segment, total, length,
// payload's CRC-32C, this header's CRC-32C (u32 each).

/** 'NBR1', read as a little-endian number. */
const magic = 0x3152424e
export const headerBytes = 44
const checkedBytes = headerBytes - 4

export const kinds = ['beat', 'sum', 'mean', 'broadcast', 'all-gather', 'barrier'] as const
export const types = ['float32', 'bf16', 'bytes'] as const

export type Kind = (typeof kinds)[number]
export type WireType = (typeof types)[number]

/** Which operation a frame belongs to. */
export interface Label {
  readonly generation: number
  /** Operations of a generation, counted from 0. */
  readonly sequence: number
  readonly kind: Kind
  readonly type: WireType
  readonly step: number
  readonly bucket: number
}

/** Which piece of it. */
export interface Piece {
  /** Step of the ring, or the rank that the bytes come from. */
  readonly phase: number
  readonly segment: number
  /** Elements of the whole. */
  readonly total: number
  /** Bytes of the payload. */
  readonly length: number
}

export interface Header extends Label, Piece {
  readonly crc: number
}

// Of every piece one is written and one read: without spreading, which takes slow paths of the engine.

export function encodeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(headerBytes)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, magic, true)
  view.setUint32(4, header.generation, true)
  view.setUint32(8, header.sequence, true)
  view.setUint32(12, header.step, true)
  view.setUint32(16, header.bucket, true)
  view.setUint8(20, kinds.indexOf(header.kind))
  view.setUint8(21, types.indexOf(header.type))
  view.setUint16(22, header.phase, true)
  view.setUint32(24, header.segment, true)
  view.setUint32(28, header.total, true)
  view.setUint32(32, header.length, true)
  view.setUint32(36, header.crc, true)
  view.setUint32(checkedBytes, crc32c(bytes.subarray(0, checkedBytes)), true)
  return bytes
}

/** Reads a header, or says in a line why it is none. */
export function decodeHeader(bytes: Uint8Array): Header | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes)
  const word = (at: number) => view.getUint32(at, true)
  const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`
  if (word(0) !== magic) return `magic: got ${hex(word(0))}, wanted ${hex(magic)}`
  const crc = crc32c(bytes.subarray(0, checkedBytes))
  if (word(checkedBytes) !== crc)
    return `CRC-32C of a header: got ${hex(crc)}, wanted ${hex(word(checkedBytes))}`
  const kind = kinds[view.getUint8(20)]
  const type = types[view.getUint8(21)]
  if (!kind || !type) return `kind and type: got ${view.getUint8(20)} and ${view.getUint8(21)}`
  return {
    generation: word(4),
    sequence: word(8),
    step: word(12),
    bucket: word(16),
    kind,
    type,
    phase: view.getUint16(22, true),
    segment: word(24),
    total: word(28),
    length: word(32),
    crc: word(36),
  }
}

const fields = [
  ...(['generation', 'sequence', 'kind', 'step', 'bucket', 'type'] as const),
  ...(['phase', 'segment', 'total', 'length'] as const),
]

/** The first thing in which two headers differ, in a line; undefined where there is none. */
export function differenceOf(got: Header, wanted: Partial<Header>): string | undefined {
  const field = fields.find((name) => wanted[name] !== undefined && got[name] !== wanted[name])
  return field && `${field}: got ${got[field]}, wanted ${wanted[field]}`
}
