import { ModelError } from '../errors.ts'

/** A name a pickle may ask for. What has no `call` can be handed on, not called. */
export interface PickleGlobal {
  /** As Python has it: `collections.OrderedDict`. */
  readonly name: string
  readonly call?: (args: readonly unknown[]) => unknown
}

/** All that a pickle can reach of the world outside. */
export interface PickleWorld {
  readonly globals: ReadonlyMap<string, PickleGlobal>
  /** What a persistent id stands for. */
  readonly persistent: (id: unknown) => unknown
}

const maxIntegerBytes = 256

/** The stack, marks and memo of a pickle being read; every access is checked. */
export class PickleMachine {
  at = 0
  readonly world: PickleWorld
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #stack: unknown[] = []
  readonly #marks: number[] = []
  readonly #memo = new Map<number, unknown>()

  constructor(bytes: Uint8Array, world: PickleWorld) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.world = world
  }

  take(length: number): Uint8Array {
    const left = this.#bytes.length - this.at
    if (length > left) throw this.bad(`got ${left} bytes, wanted ${length} more`)
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  /** An unsigned little-endian number of 1, 2, 4 or 8 bytes. */
  count(size: 1 | 2 | 4 | 8): number {
    const at = this.at
    this.take(size)
    if (size === 1) return this.#view.getUint8(at)
    if (size === 2) return this.#view.getUint16(at, true)
    if (size === 4) return this.#view.getUint32(at, true)
    return Number(this.#view.getBigUint64(at, true))
  }

  int32(): number {
    return this.count(4) | 0
  }

  float64(): number {
    this.take(8)
    return this.#view.getFloat64(this.at - 8)
  }

  /** A signed integer: a number where it is exact, otherwise a bigint. */
  integer(length: number): number | bigint {
    if (length > maxIntegerBytes) {
      throw this.bad(`got an integer of ${length} bytes, wanted at most ${maxIntegerBytes}`)
    }
    const bytes = this.take(length)
    const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
    const signed = BigInt.asIntN(length * 8, value)
    const small = Number(signed)
    return Number.isSafeInteger(small) ? small : signed
  }

  text(length: number): string {
    const bytes = this.take(length)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw this.bad('got a text that is not UTF-8')
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at)
    if (end < 0) throw this.bad('got a line without an end')
    const line = this.text(end - this.at)
    this.at++
    return line
  }

  push(value: unknown): void {
    this.#stack.push(value)
  }

  pop(): unknown {
    const value = this.top()
    this.#stack.pop()
    return value
  }

  top(): unknown {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.bad('the stack is empty')
    return this.#stack.at(-1)
  }

  mark(): void {
    this.#marks.push(this.#stack.length)
  }

  /** Everything since the last mark, which is removed with it. */
  popMark(): unknown[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw this.bad('there is no mark')
    return this.#stack.splice(mark)
  }

  remember(key: number = this.#memo.size): void {
    this.#memo.set(key, this.top())
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) throw this.bad(`nothing was remembered as ${key}`)
    this.push(this.#memo.get(key))
  }

  list(): unknown[] {
    const value = this.top()
    if (!Array.isArray(value)) throw this.bad('wanted a list to append to')
    return value
  }

  dict(): Map<unknown, unknown> {
    const value = this.top()
    if (!(value instanceof Map)) throw this.bad('wanted a dictionary to set items of')
    return value
  }

  bad(what: string): ModelError {
    return new ModelError('BAD_FILE', `pickle: at byte ${this.at}: ${what}`)
  }

  unsafe(what: string): ModelError {
    const end = 'which a state dict does not need; nothing was run'
    return new ModelError('UNSAFE_FILE', `pickle: at byte ${this.at}: ${what}, ${end}`)
  }
}
