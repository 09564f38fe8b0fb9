import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { longs, type Tensor, tensor } from '../../src/tensor.ts'
import { decodeSafetensors, encodeSafetensors } from '../../src/weights/safetensors.ts'
import { allTypes, anyTensors, described, describedAll, isRefused, refusal } from './helpers.ts'

const text = new TextEncoder()

/** A file with this header, as it stands, and so many bytes of data. */
function handmade(header: string | object, dataBytes = 0): Uint8Array {
  const json = text.encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}

const f32 = (shape: unknown, ...data_offsets: unknown[]) => ({ dtype: 'F32', shape, data_offsets })

describe('round trip', () => {
  it('any tensors and metadata come back', () => {
    const metadata = fc.dictionary(fc.string(), fc.string())
    fc.assert(
      fc.property(anyTensors(allTypes), metadata, (tensors, metadata) => {
        const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata))
        expect(new Map(describedAll(decoded.tensors) as [])).toEqual(
          new Map(describedAll(tensors) as []),
        )
        expect({ ...decoded.metadata }).toEqual({ ...metadata })
      }),
    )
  })

  it('keeps the order of names, and never copies what it wrote', () => {
    const tensors = new Map<string, Tensor>([
      ['z.mask', { type: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) }],
      ['b.weight', tensor([1, 2, 3], [3, 1])],
      ['a.steps', longs([7])],
    ])
    const bytes = encodeSafetensors(tensors)
    const decoded = decodeSafetensors(bytes).tensors
    expect([...decoded.keys()]).toEqual(['z.mask', 'b.weight', 'a.steps'])
    for (const { data } of decoded.values()) expect(data.buffer).toBe(bytes.buffer)
  })

  it('pads the header with spaces to a multiple of 8', () => {
    const bytes = encodeSafetensors(new Map([['a', tensor([1])]]))
    expect(new TextDecoder().decode(bytes.subarray(8, -4))).toMatch(/^\{.*\} *$/)
    expect((bytes.length - 4) % 8).toBe(0)
  })

  it('nothing at all is a file too', () => {
    expect(decodeSafetensors(encodeSafetensors(new Map())).tensors.size).toBe(0)
  })

  it('reads data that are not aligned', () => {
    const bytes = handmade(
      { a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] }, b: f32([1], 1, 5) },
      5,
    )
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, 1.5, true)
    expect(decodeSafetensors(bytes).tensors.get('b')).toEqual(tensor([1.5]))
  })

  it('widens bfloat16', () => {
    const bytes = handmade({ a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, 4)
    bytes.set([0xc0, 0x3f, 0x80, 0xff], bytes.length - 4)
    expect(decodeSafetensors(bytes).tensors.get('a')).toEqual(tensor([1.5, -Infinity]))
  })

  it('a tensor named __proto__ is a tensor', () => {
    const decoded = decodeSafetensors(encodeSafetensors(new Map([['__proto__', tensor([1])]])))
    expect(described(decoded.tensors.get('__proto__')!)).toEqual(described(tensor([1])))
  })
})

describe('bad files', () => {
  it.each([
    ['nothing', new Uint8Array(), 'got 0 bytes, wanted 8'],
    ['a header beyond the end', handmade('{}').subarray(0, 9), 'got 9 bytes, wanted at least 10'],
    ['a huge header', new Uint8Array(8).fill(255), 'wanted at most 100000000'],
    ['no header', handmade(''), "does not begin with '{'"],
    ['a header that begins with a space', handmade(' {}'), "does not begin with '{'"],
    ['no JSON', handmade('{"a":'), 'not JSON'],
    ['two values', handmade('{}{}'), 'not JSON'],
    ['metadata that are no texts', handmade({ __metadata__: { a: 1 } }), "'__metadata__'"],
    ['metadata that are a list', handmade({ __metadata__: [] }), "'__metadata__'"],
    ['a tensor that is a number', handmade({ a: 1 }), "'a': got no object"],
    ['no dtype', handmade({ a: { shape: [], data_offsets: [0, 4] } }, 4), 'got no dtype'],
    ['no shape', handmade({ a: f32(undefined, 0, 4) }, 4), 'a shape that'],
    ['a negative shape', handmade({ a: f32([-1], 0, 4) }, 4), 'a shape that'],
    ['a broken shape', handmade({ a: f32([1.5], 0, 6) }, 6), 'a shape that'],
    ['a shape beyond counting', handmade({ a: f32([2 ** 53], 0, 4) }, 4), 'a shape that'],
    ['a product beyond counting', handmade({ a: f32(Array(40).fill(2 ** 50), 0, 4) }, 4), 'wanted'],
    ['no offsets', handmade({ a: { dtype: 'F32', shape: [] } }), 'data_offsets'],
    ['three offsets', handmade({ a: f32([], 0, 4, 8) }, 4), 'data_offsets'],
    ['offsets backwards', handmade({ a: f32([], 4, 0) }, 4), 'data_offsets'],
    ['the wrong size', handmade({ a: f32([2], 0, 4) }, 4), 'got 4 bytes, wanted 8 for F32[2]'],
    ['data beyond the end', handmade({ a: f32([], 0, 4) }, 3), 'got 3 bytes of data, wanted 4'],
    ['data nobody owns', handmade({ a: f32([], 0, 4) }, 5), 'got 5 bytes of data, wanted 4'],
    [
      'a gap',
      handmade({ a: f32([], 0, 4), b: f32([], 8, 12) }, 12),
      'from byte 8, wanted from byte 4',
    ],
    ['a gap at the start', handmade({ a: f32([], 4, 8) }, 8), 'from byte 4, wanted from byte 0'],
    ['an overlap', handmade({ a: f32([2], 0, 8), b: f32([], 4, 8) }, 8), 'wanted from byte 8'],
    ['one place twice', handmade({ a: f32([], 0, 4), b: f32([], 0, 4) }, 4), 'wanted from byte 4'],
    [
      'a name twice',
      handmade(`{"a":${JSON.stringify(f32([], 0, 4))},"a":${JSON.stringify(f32([], 4, 8))}}`, 8),
      'wanted from byte 0',
    ],
  ])('%s', async (_, bytes, says) => {
    expect(await refusal('BAD_FILE', () => decodeSafetensors(bytes))).toContain(says)
  })

  it('says which element types it has where the file wants another', async () => {
    for (const dtype of ['U64', 'F8_E4M3', 'toString']) {
      const bytes = handmade({ a: { dtype, shape: [], data_offsets: [0, 8] } }, 8)
      expect(await refusal('UNSUPPORTED', () => decodeSafetensors(bytes))).toContain(dtype)
    }
  })

  it('cut anywhere is refused; any byte changed is read or refused', async () => {
    const tensors = new Map<string, Tensor>([
      ['a', tensor([1, 2])],
      ['b', longs([3])],
    ])
    const whole = encodeSafetensors(tensors, { by: 'us' })
    for (let at = 0; at < whole.length; at++) {
      expect(await isRefused(() => decodeSafetensors(whole.subarray(0, at)))).toBe(true)
      const changed = whole.slice()
      changed[at]! ^= 1 << (at % 8)
      await isRefused(() => decodeSafetensors(changed))
    }
  })
})

describe('bad arguments', () => {
  it.each<[string, string, Tensor]>([
    ['a length that does not fit', 'a', { type: 'float32', dims: [2], data: new Float32Array(3) }],
    ['another array', 'a', { type: 'int32', dims: [2], data: new Float32Array(2) } as never],
    ['the name of the metadata', '__metadata__', tensor([1])],
    ['a negative axis', 'a', { type: 'float32', dims: [-1, -1], data: new Float32Array(1) }],
  ])('%s', async (_, name, value) => {
    await refusal('BAD_ARGUMENT', () => encodeSafetensors(new Map([[name, value]])))
  })
})
