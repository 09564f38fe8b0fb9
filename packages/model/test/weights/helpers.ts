import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import { ModelError, type ModelErrorCode } from '../../src/errors.ts'
import { arrayOf, type DType, sizeOf, type Tensor } from '../../src/tensor.ts'

export const folder = new URL('./files/', import.meta.url)

export function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)))
}

/** Bytes from text of one byte a character: how pickles are spelled in these tests. */
export function latin(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** What a tensor is, bit for bit, so that NaN and -0 compare as what they are. */
export function described({ type, dims, data }: Tensor) {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return { type, dims, base64: bytes.toString('base64') }
}

export function describedAll(tensors: ReadonlyMap<string, Tensor>) {
  return [...tensors].map(([name, tensor]) => [name, described(tensor)])
}

/** The tensors that the generator wrote down beside a file, in order. */
export function truth(name: string): unknown[] {
  const lines = readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line))
}

/** The error of a call that must fail, one line long, of this code. */
export async function refusal(code: ModelErrorCode, call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    expect((error as ModelError).code).toBe(code)
    expect((error as ModelError).message).toMatch(/^.{1,400}$/)
    return (error as ModelError).message
  }
  throw new Error(`wanted ${code}, but nothing was thrown`)
}

/** Nothing but a ModelError may come out of a damaged file; gives back whether one did. */
export async function isRefused(call: () => unknown): Promise<boolean> {
  try {
    await call()
    return false
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    return true
  }
}

const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 })

/** A tensor of any of these types with any bits in it. */
export function anyTensor(types: readonly DType[]): fc.Arbitrary<Tensor> {
  return fc.tuple(fc.constantFrom(...types), dims).chain(([type, dims]) => {
    const length = sizeOf(dims) * arrayOf(type).BYTES_PER_ELEMENT
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
      if (type === 'bool') for (let i = 0; i < length; i++) bytes[i]! &= 1
      const data = new (arrayOf(type))(bytes.slice().buffer, 0, sizeOf(dims))
      return { type, dims, data } as Tensor
    })
  })
}

/** Tensors by name, any text that UTF-8 can hold. */
export function anyTensors(types: readonly DType[]): fc.Arbitrary<Map<string, Tensor>> {
  const name = fc
    .oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '1', '0', ''))
    .filter((text) => text !== '__metadata__')
  return fc
    .uniqueArray(fc.tuple(name, anyTensor(types)), { selector: ([name]) => name, maxLength: 8 })
    .map((entries) => new Map(entries))
}

export const allTypes: readonly DType[] = [
  'float32',
  'float64',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'int64',
  'bool',
]
