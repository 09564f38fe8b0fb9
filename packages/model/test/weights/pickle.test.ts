import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPickle } from '../../src/weights/pickle.ts'
import { TensorReference, torchWorld } from '../../src/weights/torchPickle.ts'
import { file, isRefused, latin, refusal } from './helpers.ts'

const read = (text: string, protocol = 2) =>
  readPickle(latin(`\x80${String.fromCharCode(protocol)}${text}`), torchWorld)

const storage = '(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ'
const rebuild = 'ctorch._utils\n_rebuild_tensor_v2\n'

describe('values', () => {
  it.each<[string, string, unknown]>([
    ['None, True, False', '(N\x88\x89t.', [null, true, false]],
    ['BININT', 'J\xfe\xff\xff\xff.', -2],
    ['BININT1 and BININT2', 'K\xffM\x01\x02\x86.', [255, 513]],
    ['LONG1', '\x8a\x02\x00\xff.', -256],
    ['LONG1 of no bytes', '\x8a\x00.', 0],
    ['LONG1 beyond 2^53', '\x8a\x08\0\0\0\0\0\0\0\x40.', 2n ** 62n],
    ['LONG4', '\x8b\x01\0\0\0\x80.', -128],
    ['BINFLOAT', 'G\x3f\xf8\0\0\0\0\0\0.', 1.5],
    ['texts', 'X\x02\0\0\0\xc3\xa9\x8c\x01aU\x01b\x87.', ['é', 'a', 'b']],
    ['BINSTRING', 'T\x01\0\0\0c.', 'c'],
    ['BINUNICODE8', '\x8d\x01\0\0\0\0\0\0\0d.', 'd'],
    ['bytes', 'C\x01\xffB\x01\0\0\0\xfe\x86.', [latin('\xff'), latin('\xfe')]],
    [
      'long bytes',
      '\x8e\x01\0\0\0\0\0\0\x001\x96\x01\0\0\0\0\0\0\x002\x86.',
      [latin('1'), latin('2')],
    ],
    ['lists', ']K\x01a(K\x02K\x03e.', [1, 2, 3]],
    ['tuples', ')K\x01\x85K\x02K\x03\x86\x87.', [[], [1], [2, 3]]],
    [
      'dictionaries',
      '}K\x01K\x02s(K\x03K\x04u.',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    ['sets', '\x8f(K\x01\x90(K\x02\x91\x86.', [[1], [2]]],
    ['POP, POP_MARK, DUP', 'K\x01K\x020(K\x03K\x0412\x86.', [1, 1]],
    [
      'the memo',
      'K\x07q\x05K\x08r\0\x01\0\0\x94h\x05j\0\x01\0\0h\x02t.'.replace(/^/, '('),
      [7, 8, 7, 8, 8],
    ],
    ['OrderedDict and its attributes', 'ccollections\nOrderedDict\n)R}b.', new Map()],
    ['torch.Size', 'ctorch\nSize\nK\x02K\x03\x86\x85R.', [2, 3]],
  ])('%s', (_, text, wanted) => expect(read(text)).toEqual(wanted))

  it('frames and STACK_GLOBAL of protocol 4', () => {
    const body = '\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93)R.'
    expect(read(`\x95${String.fromCharCode(body.length)}\0\0\0\0\0\0\0${body}`, 4)).toEqual(
      new Map(),
    )
  })

  it('a tensor', () => {
    const got = read(
      `${rebuild}(${storage}K\x01K\x03\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR.`,
    )
    expect(got).toBeInstanceOf(TensorReference)
    const storageOfIt = { type: 'float32', key: '0', length: 4 }
    expect(got).toMatchObject({ storage: storageOfIt, offset: 1, dims: [3], strides: [1] })
  })

  it('a shape stays as it was checked, though its list grows afterwards', () => {
    const got = read(`]K\x01aq\0${rebuild}(${storage}K\0h\0K\x01\x85tRh\0K\x09a\x86.`) as unknown[]
    expect(got[0]).toMatchObject({ dims: [1] })
  })
})

describe('unsafe, whatever way it takes', () => {
  const command = 'X\x04\0\0\0true'
  it.each([
    ['GLOBAL', `cos\nsystem\n.`, 'os.system'],
    ['GLOBAL and REDUCE', `cos\nsystem\n${command}\x85R.`, 'os.system'],
    ['STACK_GLOBAL', `\x8c\x02os\x8c\x06system\x93${command}\x85R.`, 'os.system'],
    ['STACK_GLOBAL from the memo', `\x8c\x06system\x94\x8c\x02os\x94h\x01h\0\x93.`, 'os.system'],
    ['INST', `(${command}ios\nsystem\n.`, 'os.system'],
    ['OBJ', `(cos\nsystem\n${command}o.`, 'os.system'],
    ['OBJ of a known name', `(ccollections\nOrderedDict\no.`, 'collections.OrderedDict (OBJ)'],
    ['INST of a known name', `(icollections\nOrderedDict\n.`, 'collections.OrderedDict (INST)'],
    ['NEWOBJ', `ctorch\nFloatStorage\n)\x81.`, 'torch.FloatStorage (NEWOBJ)'],
    ['NEWOBJ of an unknown name', `csubprocess\nPopen\n)\x81.`, 'subprocess.Popen'],
    ['NEWOBJ_EX', `ctorch\nSize\n)}\x92.`, 'torch.Size (NEWOBJ_EX)'],
    ['BUILD on a function', `ctorch\nSize\n}b.`, 'sets attributes of torch.Size'],
    ['BUILD on a tuple', `)}b.`, 'sets attributes of'],
    ['EXT1', '\x82\x07.', 'extension 7'],
    ['EXT2', '\x83\x07\x01.', 'extension 263'],
    ['EXT4', '\x84\x07\0\0\x01.', 'extension 16777223'],
    ['a call of a storage', `ctorch\nFloatStorage\n)R.`, 'calls torch.FloatStorage'],
    ['a call of a text', `X\x01\0\0\0a)R.`, 'calls what is not a name'],
    ['eval', `cbuiltins\neval\n.`, 'builtins.eval'],
    ['getattr by a dotted name', '\x8c\x05torch\x8c\x09os.system\x93.', 'torch.os.system'],
    ["an object's own names", 'c__proto__\nconstructor\n.', '__proto__.constructor'],
    ['bytes loaded as a file', `ctorch.storage\n_load_from_bytes\n.`, '_load_from_bytes'],
    ['a name meant to break the line', '\x8c\x01a\x8c\x03b\n\x1b\x93.', 'a.b??'],
  ])('%s', async (_, text, names) => {
    const message = await refusal('UNSAFE_FILE', () => read(text, 4))
    expect(message).toContain(names)
    expect(message).toContain('nothing was run')
  })
})

describe('bad files', () => {
  it.each([
    ['no protocol', 'N.', 'got no protocol'],
    ['an empty stack', '\x80\x02.', 'stack is empty'],
    ['a pop below the mark', '\x80\x02K\x01(0.', 'stack is empty'],
    ['no mark', '\x80\x02t.', 'no mark'],
    ['an unknown opcode', '\x80\x02\xff.', 'opcode 0xff'],
    ['an opcode of protocol 0', '\x80\x02I1\n.', 'opcode 0x49'],
    ['a memo that was never written', '\x80\x02h\x01.', 'nothing was remembered as 1'],
    ['a text beyond the end', '\x80\x02X\xff\xff\xff\xffa.', 'wanted 4294967295 more'],
    ['bytes beyond counting', '\x80\x02\x8e\xff\xff\xff\xff\xff\xff\xff\xffa.', 'more'],
    ['a frame beyond the end', '\x80\x04\x95\xff\0\0\0\0\0\0\0N.', 'more'],
    ['a text that is not UTF-8', '\x80\x02X\x01\0\0\0\xff.', 'not UTF-8'],
    ['a line without an end', '\x80\x02cos', 'without an end'],
    ['an endless integer', '\x80\x02\x8b\0\0\0\x7f.', 'an integer of'],
    ['a key alone', '\x80\x02}(K\x01u.', 'without a value'],
    ['items for a list', '\x80\x02]K\x01K\x02s.', 'wanted a dictionary'],
    ['an element for a dictionary', '\x80\x02}K\x01a.', 'wanted a list'],
    ['a call without a tuple', '\x80\x02ctorch\nSize\nNR.', 'without a tuple'],
    ['a global named by numbers', '\x80\x04K\x01K\x02\x93.', 'not a text'],
    ['a persistent id of anything', '\x80\x02NQ.', 'not of a storage'],
    [
      'an OrderedDict with arguments',
      '\x80\x02ccollections\nOrderedDict\nN\x85R.',
      'with arguments',
    ],
    ['a shape that is none', '\x80\x02ctorch\nSize\nK\x01\x85R.', 'whole numbers'],
    ['a negative shape', '\x80\x02ctorch\nSize\nJ\xff\xff\xff\xff\x85\x85R.', 'whole numbers'],
    ['a tensor without a storage', `\x80\x02${rebuild}(NK\0))tR.`, 'no storage'],
    ['a negative offset', `\x80\x02${rebuild}(${storage}J\xff\xff\xff\xff))tR.`, 'no offset'],
    [
      'strides that do not match',
      `\x80\x02${rebuild}(${storage}K\0K\x01\x85)tR.`,
      '1 dimensions with 0',
    ],
    ['a parameter of nothing', '\x80\x02ctorch._utils\n_rebuild_parameter\n)R.', 'no tensor'],
  ])('%s', async (_, text, says) => {
    const message = await refusal('BAD_FILE', () => readPickle(latin(text), torchWorld))
    expect(message).toContain(says)
  })

  it('65 dimensions', async () => {
    const many = `(${'K\x01'.repeat(65)}t`
    const call = () => read(`${rebuild}(${storage}K\0${many}${many}tR.`)
    expect(await refusal('BAD_FILE', call)).toContain('at most 64')
  })
})

describe('bounds', () => {
  it.each([0, 1, 6])('protocol %i is not one of ours', async (protocol) => {
    expect(await refusal('UNSUPPORTED', () => read('N.', protocol))).toContain(
      `protocol ${protocol}`,
    )
  })

  it('more than 64 MiB', async () => {
    const call = () => readPickle(new Uint8Array(2 ** 26 + 1), torchWorld)
    expect(await refusal('UNSUPPORTED', call)).toContain('wanted at most 67108864')
  })

  it('more than four million operations', async () => {
    const bytes = new Uint8Array(4_100_000).fill('('.charCodeAt(0))
    bytes.set([0x80, 2])
    const call = () => readPickle(bytes, torchWorld)
    expect(await refusal('UNSUPPORTED', call)).toContain('4000000 operations')
  })

  it('lists a hundred thousand deep are no recursion', () => {
    expect(read(`${']'.repeat(100_000)}${'a'.repeat(99_999)}.`)).toHaveLength(1)
  })

  it('any bytes are read or refused', async () => {
    const opcodes = fc.constantFrom(
      ...'.(0123NJKXqhrja]etu})sRbQcio\x85\x86\x93\x94\x8c\x81\x8a\x95',
    )
    const known = fc.constantFrom(storage, rebuild, 'ccollections\nOrderedDict\n', 'ctorch\nSize\n')
    const noise = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
    const programs = fc.array(fc.oneof(opcodes, known, noise), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(programs, async (parts) => {
        await isRefused(() => read(parts.join(''), 4))
      }),
      { numRuns: 2000 },
    )
  })

  it('a pickle that was cut says so', async () => {
    const archive = file('network.pth')
    const begin = archive.indexOf(0x80)
    const whole = archive.subarray(begin, archive.indexOf(0x2e, begin + 700) + 1)
    for (let length = 0; length < 700; length++) {
      expect(await isRefused(() => readPickle(whole.subarray(0, length), torchWorld))).toBe(true)
    }
  })
})
