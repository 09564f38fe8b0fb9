import { ModelError } from '../errors.ts'
import { type PickleGlobal, PickleMachine, type PickleWorld } from './pickleMachine.ts'
import { shortened } from './shortened.ts'

type Operation = (machine: PickleMachine) => void

const maxPickleBytes = 2 ** 26
const maxOperations = 4_000_000 // a tensor takes about thirty
const stop = 0x2e

/**
 * Reads a pickle of protocol 2 to 5 without running anything: no name but those of `world` is known,
 * and only their `call` is called. Lists, tuples and sets become arrays, dictionaries Maps.
 * The opcodes are those of Python's `pickletools`; those that only protocols 0 and 1 write are refused.
 * @throws ModelError `UNSAFE_FILE` for any other name and for whatever makes or alters objects by class,
 * `UNSUPPORTED` for other protocols and more than 64 MiB or 4 million operations, `BAD_FILE` for the rest
 */
export function readPickle(bytes: Uint8Array, world: PickleWorld): unknown {
  if (bytes.length > maxPickleBytes) {
    throw unsupported(`got ${bytes.length} bytes, wanted at most ${maxPickleBytes}`)
  }
  const machine = new PickleMachine(bytes, world)
  if (machine.count(1) !== 0x80) throw machine.bad('got no protocol, wanted 2 to 5')
  protocol(machine)
  for (let count = 0; count < maxOperations; count++) {
    const code = machine.count(1)
    if (code === stop) return machine.pop()
    const operation = operations.get(code)
    if (!operation) throw machine.bad(`got the unknown opcode 0x${code.toString(16)}`)
    operation(machine)
  }
  throw unsupported(`got more than ${maxOperations} operations`)
}

function protocol(machine: PickleMachine): void {
  const version = machine.count(1)
  if (version < 2 || version > 5) throw unsupported(`got protocol ${version}, wanted 2 to 5`)
}

/** Numbers, texts and bytes. */
const scalars: [string, Operation][] = [
  ['N', (m) => m.push(null)], // NONE
  ['\x88', (m) => m.push(true)], // NEWTRUE
  ['\x89', (m) => m.push(false)], // NEWFALSE
  ['J', (m) => m.push(m.int32())], // BININT
  ['K', (m) => m.push(m.count(1))], // BININT1
  ['M', (m) => m.push(m.count(2))], // BININT2
  ['\x8a', (m) => m.push(m.integer(m.count(1)))], // LONG1
  ['\x8b', (m) => m.push(m.integer(m.count(4)))], // LONG4
  ['G', (m) => m.push(m.float64())], // BINFLOAT
  ['U', (m) => m.push(m.text(m.count(1)))], // SHORT_BINSTRING, Python 2's text
  ['T', (m) => m.push(m.text(m.count(4)))], // BINSTRING
  ['\x8c', (m) => m.push(m.text(m.count(1)))], // SHORT_BINUNICODE
  ['X', (m) => m.push(m.text(m.count(4)))], // BINUNICODE
  ['\x8d', (m) => m.push(m.text(m.count(8)))], // BINUNICODE8
  ['C', (m) => m.push(m.take(m.count(1)))], // SHORT_BINBYTES
  ['B', (m) => m.push(m.take(m.count(4)))], // BINBYTES
  ['\x8e', (m) => m.push(m.take(m.count(8)))], // BINBYTES8
  ['\x96', (m) => m.push(m.take(m.count(8)))], // BYTEARRAY8
]

/** Lists, tuples, sets and dictionaries. */
const collections: [string, Operation][] = [
  [']', (m) => m.push([])], // EMPTY_LIST
  ['a', (m) => append(m, [m.pop()])], // APPEND
  ['e', (m) => append(m, m.popMark())], // APPENDS
  [')', (m) => m.push([])], // EMPTY_TUPLE
  ['t', (m) => m.push(m.popMark())], // TUPLE
  ['\x85', (m) => pushTuple(m, 1)], // TUPLE1
  ['\x86', (m) => pushTuple(m, 2)], // TUPLE2
  ['\x87', (m) => pushTuple(m, 3)], // TUPLE3
  ['}', (m) => m.push(new Map())], // EMPTY_DICT
  ['s', (m) => setItems(m, [m.pop(), m.pop()].reverse())], // SETITEM
  ['u', (m) => setItems(m, m.popMark())], // SETITEMS
  ['\x8f', (m) => m.push([])], // EMPTY_SET
  ['\x90', (m) => append(m, m.popMark())], // ADDITEMS
  ['\x91', (m) => m.push(m.popMark())], // FROZENSET
]

/** The stack, the memo and the frames of protocol 4. */
const machinery: [string, Operation][] = [
  ['\x80', protocol], // PROTO
  ['\x95', (m) => checkFrame(m)], // FRAME
  ['(', (m) => m.mark()], // MARK
  ['0', (m) => m.pop()], // POP
  ['1', (m) => m.popMark()], // POP_MARK
  ['2', (m) => m.push(m.top())], // DUP
  ['q', (m) => m.remember(m.count(1))], // BINPUT
  ['r', (m) => m.remember(m.count(4))], // LONG_BINPUT
  ['\x94', (m) => m.remember()], // MEMOIZE
  ['h', (m) => m.recall(m.count(1))], // BINGET
  ['j', (m) => m.recall(m.count(4))], // LONG_BINGET
]

/** Where a pickle could reach beyond itself. */
const reaching: [string, Operation][] = [
  ['c', (m) => m.push(findGlobal(m, m.line(), m.line()))], // GLOBAL
  ['\x93', stackGlobal], // STACK_GLOBAL
  ['R', reduce], // REDUCE
  ['b', build], // BUILD
  ['Q', (m) => m.push(m.world.persistent(m.pop()))], // BINPERSID
  ['i', (m) => refuseObject(m, 'INST', findGlobal(m, m.line(), m.line()))],
  ['o', (m) => refuseObject(m, 'OBJ', m.popMark()[0])],
  ['\x81', (m) => refuseObject(m, 'NEWOBJ', [m.pop(), m.pop()][1])],
  ['\x92', (m) => refuseObject(m, 'NEWOBJ_EX', [m.pop(), m.pop(), m.pop()][2])],
  ['\x82', (m) => refuseExtension(m, m.count(1))], // EXT1
  ['\x83', (m) => refuseExtension(m, m.count(2))], // EXT2
  ['\x84', (m) => refuseExtension(m, m.count(4))], // EXT4
]

const operations: ReadonlyMap<number, Operation> = new Map(
  [...scalars, ...collections, ...machinery, ...reaching].map(([code, operation]) => [
    code.charCodeAt(0),
    operation,
  ]),
)

function append(machine: PickleMachine, items: unknown[]): void {
  const list = machine.list()
  for (const item of items) list.push(item)
}

function pushTuple(machine: PickleMachine, length: number): void {
  machine.push(Array.from({ length }, () => machine.pop()).reverse())
}

function setItems(machine: PickleMachine, items: unknown[]): void {
  if (items.length % 2 !== 0) throw machine.bad('got a key without a value')
  const dict = machine.dict()
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1])
}

/** Frames only help to read ahead; one that is longer than the file is still a damaged file. */
function checkFrame(machine: PickleMachine): void {
  const length = machine.count(8)
  const start = machine.at
  machine.take(length)
  machine.at = start
}

function findGlobal(machine: PickleMachine, module: string, name: string): PickleGlobal {
  const global = machine.world.globals.get(`${module}.${name}`)
  if (!global) throw machine.unsafe(`asks for ${shortened(`${module}.${name}`)}`)
  return global
}

function stackGlobal(machine: PickleMachine): void {
  const name = machine.pop()
  const module = machine.pop()
  if (typeof name !== 'string' || typeof module !== 'string') {
    throw machine.bad('got a global whose name is not a text')
  }
  machine.push(findGlobal(machine, module, name))
}

function reduce(machine: PickleMachine): void {
  const args = machine.pop()
  const called = machine.pop()
  if (!Array.isArray(args)) throw machine.bad('got a call without a tuple of arguments')
  const call = isGlobal(called) && called.call
  if (!call) throw machine.unsafe(`calls ${nameOf(called)}`)
  machine.push(call(args))
}

/** The attributes of a state dict (`_metadata`, versions of modules) are not weights and are let go. */
function build(machine: PickleMachine): void {
  machine.pop()
  const target = machine.top()
  if (!(target instanceof Map)) throw machine.unsafe(`sets attributes of ${nameOf(target)}`)
}

function refuseObject(machine: PickleMachine, opcode: string, of: unknown): never {
  throw machine.unsafe(`makes an object of ${nameOf(of)} (${opcode})`)
}

function refuseExtension(machine: PickleMachine, code: number): never {
  throw machine.unsafe(`asks for the registered extension ${code}`)
}

function isGlobal(value: unknown): value is PickleGlobal {
  return typeof value === 'object' && value !== null && 'name' in value
}

function nameOf(value: unknown): string {
  return isGlobal(value) ? value.name : 'what is not a name'
}

function unsupported(what: string): ModelError {
  return new ModelError('UNSUPPORTED', `pickle: ${what}`)
}
