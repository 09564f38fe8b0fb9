import { ModelError } from '../errors.ts'
import { type Field, readFields, readLongs } from './protobuf.ts'

/** The fields of a message, by number. */
export class Fields {
  readonly #fields = new Map<number, Field[]>()

  constructor(message: Uint8Array) {
    for (const field of readFields(message)) {
      const list = this.#fields.get(field.number)
      if (list) list.push(field)
      else this.#fields.set(field.number, [field])
    }
  }

  has(number: number): boolean {
    return this.#fields.has(number)
  }

  all(number: number): readonly Field[] {
    return this.#fields.get(number) ?? []
  }

  /** Inner messages of a repeated field. */
  messages(number: number): Uint8Array[] {
    return this.all(number).map((field) => field.bytes)
  }

  /** The last one counts, as the format has it. */
  one(number: number): Field | undefined {
    return this.all(number).at(-1)
  }

  text(number: number): string | undefined {
    const field = this.one(number)
    return field && textOf(field)
  }

  texts(number: number): string[] {
    return this.all(number).map(textOf)
  }

  whole(number: number): number | undefined {
    const field = this.one(number)
    return field && Number(BigInt.asIntN(64, field.long))
  }

  /** Whole numbers of a repeated field, packed or not. */
  longs(number: number): bigint[] {
    return this.all(number).flatMap((field) =>
      field.isBytes ? readLongs(field.bytes) : [BigInt.asIntN(64, field.long)],
    )
  }

  /** Floating-point numbers of `size` bytes of a repeated field, packed or not. */
  floats(number: number, size: 4 | 8): number[] {
    return this.messages(number).flatMap((bytes) => {
      if (bytes.length % size || bytes.length === 0) {
        throw new ModelError('BAD_FILE', `ONNX: ${bytes.length} bytes hold no numbers of ${size}`)
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      return Array.from({ length: bytes.length / size }, (_, i) =>
        size === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
      )
    })
  }
}

const textOf = ({ bytes }: Field): string => new TextDecoder().decode(bytes)
