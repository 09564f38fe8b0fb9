import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/crc32.ts'
import { ModelError } from '../../src/errors.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint.ts'

const sample: Checkpoint = {
  parameters: new Map([
    ['conv.weight', Float32Array.of(1, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45)],
    ['Größe', new Float32Array()],
  ]),
  buffers: new Map([['bn.mean', Float32Array.of(0.1)]]),
  optimizer: {
    name: 'sgd',
    step: 7,
    slots: new Map([['momentum/conv.weight', Float32Array.of(3)]]),
  },
  position: { epoch: 2, step: 31 },
  progress: { losses: [0.1, 1 / 3], best: null },
  settings: { network: 'resnet18', classes: ['clean', 'trail'] },
}

const floats = fc.float32Array({ maxLength: 40 })
const named = fc
  .array(fc.tuple(fc.string(), floats), { maxLength: 5 })
  .map((entries) => new Map(entries))
const checkpoints: fc.Arbitrary<Checkpoint> = fc.record({
  parameters: named,
  buffers: named,
  optimizer: fc.record({ name: fc.string(), step: fc.nat(), slots: named }),
  position: fc.record({ epoch: fc.nat(), step: fc.nat() }),
  progress: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
  settings: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
})

function errorOf(bytes: Uint8Array): ModelError {
  try {
    decodeCheckpoint(bytes)
  } catch (error) {
    return error as ModelError
  }
  throw new Error('was accepted')
}

const bitsOf = (arrays: Iterable<Float32Array>) =>
  [...arrays].map((own) => [...new Uint32Array(own.slice().buffer)])

describe('checkpoint', () => {
  it('comes back as it was', () => {
    const back = decodeCheckpoint(encodeCheckpoint(sample))
    expect(back).toEqual(sample)
    expect([...back.parameters.keys()]).toEqual([...sample.parameters.keys()])
  })

  it('comes back as it was, whatever it was', () => {
    fc.assert(
      fc.property(checkpoints, (checkpoint) => {
        const back = decodeCheckpoint(encodeCheckpoint(checkpoint))
        expect(back).toEqual(checkpoint)
        expect(encodeCheckpoint(back)).toEqual(encodeCheckpoint(checkpoint))
      }),
    )
  })

  it('keeps every bit of every number, the payload of NaN too', () => {
    const odd = new Float32Array(Uint32Array.of(0x7fc12345, 0x80000000, 1, 0xff800000).buffer)
    const back = decodeCheckpoint(encodeCheckpoint({ ...sample, buffers: new Map([['odd', odd]]) }))
    expect(bitsOf(back.buffers.values())).toEqual(bitsOf([odd]))
  })

  it('takes arrays that are views, reads from inside of a buffer, and hands out copies', () => {
    const view = Float32Array.of(1, 2, 3).subarray(1)
    const bytes = encodeCheckpoint({ ...sample, buffers: new Map([['view', view]]) })
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const back = decodeCheckpoint(shifted.subarray(3))
    back.buffers.get('view')?.fill(9)
    expect([...(decodeCheckpoint(bytes).buffers.get('view') ?? [])]).toEqual([2, 3])
  })

  it('is read from a Buffer as from any bytes', () => {
    const bytes = encodeCheckpoint(sample)
    const back = decodeCheckpoint(Buffer.from(bytes))
    expect(back).toEqual(sample)
    back.buffers.get('bn.mean')?.fill(9)
    expect(decodeCheckpoint(bytes)).toEqual(sample)
  })

  it('lays arrays at multiples of 64 bytes', () => {
    const bytes = encodeCheckpoint({
      ...sample,
      parameters: new Map([['a', Float32Array.of(12345.5)]]),
      buffers: new Map([['b', Float32Array.of(54321.5)]]),
    })
    const view = new DataView(bytes.buffer)
    const found = [12345.5, 54321.5].map((value) => {
      let at = 0
      while (view.getFloat32(at, true) !== value) at += 64
      return at
    })
    expect(found[1] - found[0]).toBe(64)
  })

  it('refuses a file cut anywhere, in one line', () => {
    const bytes = encodeCheckpoint(sample)
    for (let length = 0; length < bytes.length; length++) {
      const error = errorOf(bytes.subarray(0, length))
      expect(error).toBeInstanceOf(ModelError)
      expect(error.code).toBe('BAD_FILE')
      expect(error.message).not.toContain('\n')
    }
    const { length } = bytes
    expect(errorOf(bytes.subarray(0, 100)).message).toBe(
      `checkpoint: truncated, 100 of ${length} bytes`,
    )
  })

  it('refuses a file with any bit turned', () => {
    const bytes = encodeCheckpoint(sample)
    for (let bit = 0; bit < 8 * bytes.length; bit += 5) {
      const damaged = bytes.slice()
      damaged[bit >> 3] ^= 1 << (bit & 7)
      expect(errorOf(damaged).code).toBe('BAD_FILE')
    }
    const damaged = bytes.with(bytes.length - 10, 255)
    expect(errorOf(damaged).message).toBe('checkpoint: damaged, its checksum does not fit')
  })

  it('says what is wrong with other files', () => {
    expect(errorOf(new TextEncoder().encode('{"a": 1}')).message).toBe(
      'checkpoint: not a checkpoint, begins with "{\\"a\\": 1}"',
    )
    const bytes = encodeCheckpoint(sample)
    expect(errorOf(Uint8Array.of(...bytes, 0)).message).toMatch(/bytes, wanted/)
    const newer = bytes.with(8, 2)
    new DataView(newer.buffer).setUint32(newer.length - 4, crc32(newer.subarray(0, -4)), true)
    expect(errorOf(newer)).toMatchObject({
      code: 'UNSUPPORTED',
      message: 'checkpoint: version 2, this program reads 1',
    })
  })

  it('refuses a header that another program spoiled and summed up anew', () => {
    const resealed = (from: string, to: string) => {
      const bytes = encodeCheckpoint(sample)
      const at = new TextDecoder('latin1').decode(bytes).indexOf(from)
      bytes.set(new TextEncoder().encode(to), at)
      new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
      return bytes
    }
    const message = 'checkpoint: its header cannot be read'
    expect(errorOf(resealed('{"optimizer"', '{{optimizer"')).message).toBe(message)
    expect(errorOf(resealed('"group":"buffers"', '"group":"__proto"')).message).toBe(message)
    expect(errorOf(resealed('"length":1}]', '"length":9}]')).message).toBe(
      'checkpoint: its header tells of another length',
    )
  })

  it('refuses numbers that JSON would lose', () => {
    expect(() => encodeCheckpoint({ ...sample, progress: { loss: Number.NaN } })).toThrow(
      'checkpoint: loss is NaN, which JSON cannot hold',
    )
  })

  it('costs no more than its numbers, a header and the gaps', () => {
    const parameters = new Map([['w', new Float32Array(100_000)]])
    const bytes = encodeCheckpoint({ ...sample, parameters })
    expect(bytes.length).toBeLessThan(400_000 + 1024)
  })
})

describe('crc32', () => {
  it('is zlib’s', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(crc32(bytes)).toBe(zlibCrc32(bytes))
      }),
    )
  })
})
