import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isToCoordinator, isToMember, protocol } from '../../src/rendezvous/messages.ts'

const address = { host: '10.0.0.1', port: 29501 }
const application = {
  ...{
    protocol,
    index: 1,
    world: { min: 2, max: 4 },
    layout: '',
    step: -1,
    generation: 0,
    address,
  },
}
const meeting = {
  ...{ type: 'meeting', generation: 1, rank: 0, peers: [address], steps: [-1], indexes: [0] },
}
const said = [
  { type: 'join', application },
  { type: 'beat' },
  { type: 'pong', nonce: 3 },
  { type: 'abort', generation: 1, reason: 'x' },
  { type: 'leave' },
]
const heard = [
  meeting,
  { type: 'beat' },
  { type: 'ping', nonce: 3 },
  { type: 'waiting', present: 1, missing: [0, 2] },
  { type: 'ended', generation: 1, reason: 'x' },
  { type: 'refused', reason: 'x' },
  { type: 'dropped', reason: 'x' },
  { type: 'farewell' },
]

describe('messages', () => {
  it('are known', () => {
    expect(said.filter((message) => !isToCoordinator(message))).toEqual([])
    expect(heard.filter((message) => !isToMember(message))).toEqual([])
  })

  it('of a newer protocol may say more and less: only its version is read', () => {
    const other = { type: 'join', application: { protocol: protocol + 1 } }
    expect(isToCoordinator(other)).toBe(true)
    expect(isToCoordinator({ type: 'join', application: { protocol } })).toBe(false)
  })

  it.each([
    { ...application, index: -1 },
    { ...application, index: '1' },
    { ...application, step: 0.5 },
    { ...application, world: { min: 0, max: 4 } },
    { ...application, world: undefined },
    { ...application, address: { host: 'h', port: 65_536 } },
    { ...application, generation: 2 ** 53 },
    null,
  ])('nonsense is none: %j', (changed) => {
    expect(isToCoordinator({ type: 'join', application: changed })).toBe(false)
  })

  it('lack no field', () => {
    for (const message of [...said, ...heard])
      for (const field of Object.keys(message)) {
        const { [field as 'type']: _, ...less } = message
        expect(isToCoordinator(less) || isToMember(less), `${message.type} ${field}`).toBe(false)
      }
  })

  it('are not found in anything else', () => {
    fc.assert(fc.property(fc.anything(), (value) => !isToCoordinator(value) && !isToMember(value)))
    for (const type of ['constructor', '__proto__', 'toString'])
      expect(isToCoordinator({ type })).toBe(false)
  })
})
