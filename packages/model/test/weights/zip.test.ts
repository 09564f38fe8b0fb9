import { deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/crc32.ts'
import { readZip, unpackEntry } from '../../src/weights/zip.ts'
import { encodeZip } from '../../src/weights/zipWriter.ts'
import { isRefused, latin, refusal } from './helpers.ts'

interface Options {
  readonly flags?: number
  readonly method?: number
  readonly packed?: Uint8Array
  readonly crc?: number
  readonly zip64?: boolean
  /** Laid over the sizes that are written. */
  readonly size?: number
  readonly comment?: string
}

const bytesOf = (size: 2 | 4 | 8, ...values: number[]) =>
  values.flatMap((value) =>
    Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256),
  )

/** A zip of one file 'a', put together by hand after the APPNOTE, so that every field can be wrong. */
function handmade(content: Uint8Array, options: Options = {}): Uint8Array {
  const { flags = 0, method = 0, packed = content, zip64 = false, comment = '' } = options
  const { crc = crc32(content), size = content.length } = options
  const shared = [...bytesOf(2, 45, flags, method, 0, 0), ...bytesOf(4, crc)]
  const sizes = zip64 ? bytesOf(4, 2 ** 32 - 1, 2 ** 32 - 1) : bytesOf(4, packed.length, size)
  const extra = zip64
    ? [...bytesOf(2, 9, 2, 0), ...bytesOf(2, 1, 24), ...bytesOf(8, size, packed.length, 0)]
    : []
  const local = [...latin('PK\x03\x04'), ...shared, ...sizes, ...bytesOf(2, 1, 0), 0x61, ...packed]
  const central = [
    ...latin('PK\x01\x02'),
    ...bytesOf(2, 45),
    ...shared,
    ...sizes,
    ...bytesOf(2, 1, extra.length, 0, 0, 0),
    ...bytesOf(4, 0, zip64 ? 2 ** 32 - 1 : 0),
    0x61,
    ...extra,
  ]
  const end64 = [
    ...latin('PK\x06\x06'),
    ...bytesOf(8, 44),
    ...bytesOf(2, 45, 45),
    ...bytesOf(4, 0, 0),
    ...bytesOf(8, 1, 1, central.length, local.length),
    ...latin('PK\x06\x07'),
    ...bytesOf(4, 0),
    ...bytesOf(8, local.length + central.length),
    ...bytesOf(4, 1),
  ]
  const places = zip64 ? [2 ** 32 - 1, 2 ** 32 - 1] : [central.length, local.length]
  const counts = zip64 ? [0xffff, 0xffff] : [1, 1]
  return Uint8Array.from([
    ...local,
    ...central,
    ...(zip64 ? end64 : []),
    ...latin('PK\x05\x06'),
    ...bytesOf(2, 0, 0, ...counts),
    ...bytesOf(4, ...places),
    ...bytesOf(2, comment.length),
    ...latin(comment),
  ])
}

const content = latin('nebula nebula nebula nebula')
const deflated = { method: 8, packed: deflateRawSync(content) }
const unpackA = (zip: Uint8Array) => unpackEntry(readZip(zip).get('a')!)

describe('reading', () => {
  it.each<[string, Options]>([
    ['stored', {}],
    ['deflated', deflated],
    ['ZIP64', { zip64: true }],
    ['ZIP64, deflated', { zip64: true, ...deflated }],
    [
      'with a comment that looks like an end',
      { comment: 'PK\x05\x06 and so on, and so on, and on' },
    ],
  ])('%s', async (_, options) => {
    expect(await unpackA(handmade(content, options))).toEqual(content)
  })

  it('inflates with what the caller brings', async () => {
    const entry = readZip(handmade(content, deflated)).get('a')!
    expect(await unpackEntry(entry, async () => content)).toBe(content)
    const short = () => unpackEntry(entry, async () => content.subarray(1))
    expect(await refusal('BAD_FILE', short)).toContain('got 26 bytes, wanted 27')
  })

  it('reads a zip that lies within larger memory', async () => {
    const zip = handmade(content, deflated)
    const larger = new Uint8Array(zip.length + 7)
    larger.set(zip, 3)
    expect(await unpackA(larger.subarray(3, 3 + zip.length))).toEqual(content)
  })
})

describe('bad files', () => {
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'got 0 bytes without an end'],
    ['no zip', new Uint8Array(100), 'without an end'],
    ['another CRC-32', handmade(content, { crc: 1 }), 'got CRC-32'],
    ['another CRC-32, deflated', handmade(content, { ...deflated, crc: 1 }), 'wanted 1'],
    ['a stored size that is not its length', handmade(content, { size: 26 }), 'got a size of 26'],
    ['more than stated', handmade(content, { ...deflated, size: 26 }), 'does not inflate to 26'],
    ['less than stated', handmade(content, { ...deflated, size: 28 }), 'got 27 bytes, wanted 28'],
    [
      'more than deflate can',
      handmade(content, { ...deflated, size: 1e9 }),
      'got a size of 1000000000',
    ],
    ['no deflate at all', handmade(content, { method: 8 }), 'does not inflate'],
    [
      'half a deflate',
      handmade(content, { ...deflated, packed: deflated.packed.subarray(0, 5) }),
      'not inflate',
    ],
  ])('%s', async (_, zip, says) => {
    expect(await refusal('BAD_FILE', () => unpackA(zip))).toContain(says)
  })

  it.each<[string, Uint8Array, string]>([
    ['encrypted', handmade(content, { flags: 1 }), 'encrypted'],
    ['another method', handmade(content, { method: 12 }), 'got method 12'],
  ])('%s', async (_, zip, says) => {
    expect(await refusal('UNSUPPORTED', () => readZip(zip))).toContain(says)
  })

  it('several disks', async () => {
    for (const zip64 of [false, true]) {
      const zip = handmade(content, { zip64 })
      zip[zip.length - (zip64 ? 26 : 18)] = 2
      expect(await refusal('UNSUPPORTED', () => readZip(zip))).toContain('several disks')
    }
  })

  it('files that share bytes, and names that come twice', async () => {
    const zip = encodeZip(
      new Map([
        ['a', content],
        ['b', content],
      ]),
    )
    const view = new DataView(zip.buffer)
    const directory = view.getUint32(zip.length - 6, true)
    const second = directory + 47
    const twice = zip.slice()
    twice[second + 46] = 0x61
    expect(await refusal('BAD_FILE', () => readZip(twice))).toContain("'a' twice")
    view.setUint32(second + 42, 0, true)
    expect(await refusal('BAD_FILE', () => readZip(zip))).toContain("'b' begins at 0, inside 'a'")
  })

  it.each<[string, Options]>([
    ['stored', {}],
    ['deflated', deflated],
    ['ZIP64', { zip64: true }],
  ])('%s: cut anywhere or with any byte changed, it is read or refused', async (_, options) => {
    const whole = handmade(content, options)
    const readAll = async (zip: Uint8Array) => {
      for (const entry of readZip(zip).values()) await unpackEntry(entry)
    }
    for (let at = 0; at < whole.length; at++) {
      expect(await isRefused(() => readAll(whole.subarray(0, at)))).toBe(true)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = whole.slice()
        changed[at] = value
        await isRefused(() => readAll(changed))
      }
    }
  })
})

describe('writing', () => {
  const files = fc
    .uniqueArray(fc.tuple(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 300 })), {
      selector: ([name]) => name,
      maxLength: 6,
    })
    .map((entries) => new Map(entries))

  it('comes back, aligned to 64 bytes and equal each time', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (files) => {
        const zip = encodeZip(files)
        expect(encodeZip(files)).toEqual(zip)
        const entries = readZip(zip)
        expect([...entries.keys()]).toEqual([...files.keys()])
        for (const [name, entry] of entries) {
          expect(entry.packed.byteOffset % 64).toBe(0)
          expect(await unpackEntry(entry)).toEqual(files.get(name))
        }
      }),
    )
  })

  it('more files than a plain zip can count are refused', async () => {
    const many = new Map(Array.from({ length: 65_535 }, (_, i) => [`${i}`, new Uint8Array()]))
    expect(await refusal('UNSUPPORTED', () => encodeZip(many))).toContain('got 65535 files')
  })
})

it('CRC-32 of the digits is the published check value', () => {
  expect(crc32(latin('123456789'))).toBe(0xcbf43926)
  expect(crc32(new Uint8Array())).toBe(0)
})
