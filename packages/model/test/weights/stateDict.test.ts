import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Tensor, tensor } from '../../src/tensor.ts'
import { encodeStateDict } from '../../src/weights/encodeStateDict.ts'
import { decodeStateDict } from '../../src/weights/stateDict.ts'
import { readZip, unpackEntry } from '../../src/weights/zip.ts'
import { encodeZip } from '../../src/weights/zipWriter.ts'
import { allTypes, anyTensors, describedAll, latin, refusal } from './helpers.ts'

const torchTypes = allTypes.filter((type) => type !== 'uint16')
const storage = (length: string, type = 'Float') =>
  `(X\x07\0\0\0storagectorch\n${type}Storage\nX\x01\0\0\x000X\x03\0\0\0cpu${length}tQ`
const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`

/** A tensor's opcodes: its size and strides as tuples of opcodes. */
function spelled(size: string, strides: string, of = storage('K\x06')): string {
  return `ctorch._utils\n_rebuild_tensor_v2\n(${of}K\0${size}${strides}\x89NtR`
}
const six = spelled('K\x06\x85', 'K\x01\x85')
const dictOf = (...entries: [string, string][]) =>
  `}(${entries.map(([name, value]) => text(name) + value).join('')}u`

/** A thousand-letter key on 60 levels, and the outermost of those dictionaries 1200 times. */
const manyLongNames = [
  `X\0\x04\0\0${'x'.repeat(1024)}q\x010`,
  `${six}q\x020`,
  '}h\x01h\x02sq\x020'.repeat(60),
  `}${text('a')}(${'h\x02'.repeat(1200)}ts`,
].join('')

/** An archive as torch lays it out; a file that is `undefined` is left out. */
function archive(pickle: string, files: Record<string, Uint8Array | undefined> = {}): Uint8Array {
  const all = {
    'archive/data.pkl': latin(`\x80\x02${pickle}.`),
    'archive/data/0': new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer),
    'archive/version': latin('3\n'),
    ...files,
  }
  return encodeZip(new Map(Object.entries(all).flatMap(([k, v]) => (v ? [[k, v] as const] : []))))
}

describe('round trip', () => {
  it('any tensors come back, in order, the bytes equal each time', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors(torchTypes), async (tensors) => {
        const bytes = encodeStateDict(tensors)
        expect(encodeStateDict(tensors)).toEqual(bytes)
        const decoded = await decodeStateDict(bytes)
        expect(describedAll(decoded)).toEqual(describedAll(tensors))
        for (const { data } of decoded.values()) expect(data.buffer).toBe(bytes.buffer)
      }),
    )
  })

  it('names nothing but OrderedDict, _rebuild_tensor_v2 and storages', async () => {
    const entries = readZip(encodeStateDict(new Map([['a', tensor([1, 2], [2, 1])]])))
    expect([...entries.keys()].map((name) => name.replace('archive/', ''))).toEqual([
      'data.pkl',
      'byteorder',
      'data/0',
      'version',
    ])
    const pickle = new TextDecoder('latin1').decode(
      await unpackEntry(entries.get('archive/data.pkl')!),
    )
    expect(new Set(pickle.match(/c[\w.]+\n\w+\n/g))).toEqual(
      new Set([
        'ccollections\nOrderedDict\n',
        'ctorch._utils\n_rebuild_tensor_v2\n',
        'ctorch\nFloatStorage\n',
      ]),
    )
  })

  it('refuses uint16, which torch has no storage for, and tensors that are not what they say', async () => {
    const short: Tensor = { type: 'uint16', dims: [1], data: Uint16Array.of(1) }
    const call = () => encodeStateDict(new Map([['a', short]]))
    expect(await refusal('UNSUPPORTED', call)).toContain("'a': torch has no uint16")
    const wrong = { ...tensor([1]), dims: [2] }
    await refusal('BAD_ARGUMENT', () => encodeStateDict(new Map([['a', wrong]])))
  })
})

describe('names', () => {
  const names = async (pickle: string) => [...(await decodeStateDict(archive(pickle))).keys()]

  it.each<[string, string, string[]]>([
    ['plain', dictOf(['a.weight', six], ['epoch', 'K\x07']), ['a.weight']],
    ['nested', dictOf(['a', dictOf(['b', six])], ['c', `]${six}a`]), ['a.b', 'c.0']],
    [
      'wrapped',
      dictOf(['state_dict', dictOf(['a', six])], ['optimizer', dictOf(['b', six])]),
      ['a'],
    ],
    ['model', dictOf(['model', dictOf(['a', six])], ['epoch', 'N']), ['a']],
    ['model_state_dict', dictOf(['model_state_dict', dictOf(['a', six])]), ['a']],
    [
      'not a wrapper beside a tensor',
      dictOf(['model', dictOf(['a', six])], ['b', six]),
      ['model.a', 'b'],
    ],
    ['DataParallel', dictOf(['module.a', six]), ['module.a']],
    ['numbers', `}K\x03${six}s`, ['3']],
    ['nothing', '}', []],
  ])('%s', async (_, pickle, wanted) => expect(await names(pickle)).toEqual(wanted))

  it.each<[string, string, string]>([
    ['a tensor alone', six, 'got no dictionary at the top'],
    ['two of one name', dictOf(['a', dictOf(['b', six])], ['a.b', six]), "two tensors named 'a.b'"],
    ['a name that is none', `}N${six}s`, 'neither a text nor a number'],
    ['a dictionary within itself', `}q\0${text('a')}h\0s`, 'more than 64 levels'],
    [
      'a doubling of doublings',
      `)${'2\x86'.repeat(40)}q\0}${text('a')}h\0s`,
      'more than 1000000 values',
    ],
    ['one long name on every level', manyLongNames, 'more than 67108864 characters'],
  ])('%s', async (_, pickle, says) => {
    expect(await refusal('BAD_FILE', () => names(pickle))).toContain(says)
  })
})

describe('bad archives', () => {
  it.each<[string, Uint8Array, string]>([
    ['no pickle', archive('', { 'archive/data.pkl': undefined }), "0 files '<folder>/data.pkl'"],
    ['two pickles', archive('}', { 'b/data.pkl': latin('') }), "2 files '<folder>/data.pkl'"],
    ['no version', archive('}', { 'archive/version': undefined }), "no file 'archive/version'"],
    ['a version that is none', archive('}', { 'archive/version': latin('x\ny') }), "version 'x?y'"],
    ['a long version', archive('}', { 'archive/version': new Uint8Array(33) }), 'got 33 bytes'],
    [
      'no storage',
      archive(dictOf(['a', six]), { 'archive/data/0': undefined }),
      "'archive/data/0'",
    ],
    [
      'a short storage',
      archive(dictOf(['a', six]), { 'archive/data/0': latin('1234') }),
      'got 4 bytes, wanted 24',
    ],
    [
      'elements beyond',
      archive(dictOf(['a', spelled('K\x07\x85', 'K\x01\x85')])),
      "'a': got elements up to 6, wanted below 6",
    ],
    ['strides beyond', archive(dictOf(['a', spelled('K\x02\x85', 'K\x06\x85')])), 'up to 6'],
    [
      'sizes beyond counting',
      archive(
        dictOf(['a', spelled('\x8a\x07\0\0\0\0\0\0\x10\x85', '\x8a\x07\0\0\0\0\0\0\x10\x85')]),
      ),
      'got elements up to',
    ],
    [
      'a storage of two types',
      archive(dictOf(['a', six], ['b', spelled(')', ')', storage('K\x06', 'Int'))])),
      "storage '0': got two types",
    ],
  ])('%s', async (_, bytes, says) => {
    expect(await refusal('BAD_FILE', () => decodeStateDict(bytes))).toContain(says)
  })

  it.each<[string, Uint8Array, string]>([
    [
      'big-endian',
      archive('}', { 'archive/byteorder': latin('big') }),
      "got byte order 'big', wanted 'little'",
    ],
    [
      'a newer version',
      archive('}', { 'archive/version': latin('11\n') }),
      'got version 11, wanted at most 10',
    ],
    ['a bare pickle', latin('\x80\x02}.'), 'a bare pickle, as torch wrote before 1.6'],
    ['a tar', Uint8Array.from([...new Uint8Array(257), ...latin('ustar\x0000')]), 'a tar'],
  ])('%s', async (_, bytes, says) => {
    expect(await refusal('UNSUPPORTED', () => decodeStateDict(bytes))).toContain(says)
  })
})

describe('memory', () => {
  it('a number repeated into terabytes is refused before it is made', async () => {
    const huge = spelled('\x8a\x06\0\0\0\0\0\x01\x85', 'K\0\x85')
    const call = () => decodeStateDict(archive(dictOf(['a', huge])))
    expect(await refusal('UNSUPPORTED', call)).toContain("tensor 'a'")
  })

  it('maxBytes holds for all views together, and those in place cost nothing', async () => {
    const transposed = spelled('K\x03K\x02\x86', 'K\x01K\x03\x86')
    const bytes = archive(dictOf(['a', transposed], ['b', transposed], ['c', six]))
    const tensors = await decodeStateDict(bytes, { maxBytes: 48 })
    expect(tensors.get('b')).toEqual(tensor([1, 4, 2, 5, 3, 6], [3, 2]))
    const call = () => decodeStateDict(bytes, { maxBytes: 47 })
    expect(await refusal('UNSUPPORTED', call)).toContain(
      "'b': got 48 bytes to unpack in all, wanted at most 47",
    )
  })

  it('an axis of length 1 may have any stride', async () => {
    const odd = spelled('K\x01K\x02\x86', '\x8a\x07\xff\xff\xff\xff\xff\xff\x1fK\x02\x86')
    const tensors = await decodeStateDict(archive(dictOf(['a', odd])))
    expect(tensors.get('a')).toEqual(tensor([1, 3], [1, 2]))
  })
})
