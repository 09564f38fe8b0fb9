import { ModelError } from '../errors.ts'

// Protocol buffers, as far as ONNX needs them: https://protobuf.dev/programming-guides/encoding

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

/** Writes one message. Large byte fields are referred to, and copied once, at the end. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  long(field: number, value: number | bigint): this {
    return this.#varint((field << 3) | VARINT).#varint(value)
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    return this.#varint((field << 3) | FIXED32).#push(bytes)
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#varint((field << 3) | BYTES)
      .#varint(value.length)
      .#push(value)
  }

  message(field: number, inner: MessageWriter): this {
    this.#varint((field << 3) | BYTES).#varint(inner.#length)
    for (const part of inner.#parts) this.#push(part)
    return this
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }

  #push(bytes: Uint8Array): this {
    this.#parts.push(bytes)
    this.#length += bytes.length
    return this
  }

  #varint(value: number | bigint): this {
    const bytes: number[] = []
    // A negative number is written as its 64-bit two's complement.
    let rest = BigInt.asUintN(64, BigInt(value))
    do {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      bytes.push(rest > 0n ? low | 0x80 : low)
    } while (rest > 0n)
    return this.#push(Uint8Array.from(bytes))
  }
}

/** One field of a message: a number or bytes. */
export interface Field {
  readonly number: number
  readonly long: bigint
  readonly bytes: Uint8Array
  /** Whether `bytes` holds the value; `long` otherwise. */
  readonly isBytes: boolean
}

const NOTHING = new Uint8Array()

/**
 * The fields of a message in order, byte fields without copying.
 * @throws ModelError `BAD_FILE` where the bytes are no message
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  const reader = new Reader(message)
  while (reader.more()) {
    const key = Number(reader.varint())
    const [number, kind] = [key >>> 3, key & 7]
    if (number === 0) reader.fail('field number 0')
    if (kind === VARINT) yield { number, long: reader.varint(), bytes: NOTHING, isBytes: false }
    else if (kind === BYTES) {
      yield { number, long: 0n, bytes: reader.take(Number(reader.varint())), isBytes: true }
    } else if (kind === FIXED32) yield { number, long: 0n, bytes: reader.take(4), isBytes: true }
    else if (kind === FIXED64) yield { number, long: 0n, bytes: reader.take(8), isBytes: true }
    else reader.fail(`wire type ${kind}`)
  }
}

/** Whole numbers of a packed field. */
export function readLongs(packed: Uint8Array): bigint[] {
  const reader = new Reader(packed)
  const values: bigint[] = []
  while (reader.more()) values.push(BigInt.asIntN(64, reader.varint()))
  return values
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  more(): boolean {
    return this.#at < this.#bytes.length
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) this.fail('a number is cut off')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    return this.fail('a number of more than ten bytes')
  }

  take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) {
      this.fail(`a field of ${length} bytes, ${this.#bytes.length - this.#at} are left`)
    }
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  fail(what: string): never {
    throw new ModelError('BAD_FILE', `not a sound protocol buffer: ${what}`)
  }
}
