import { describe, expect, it } from 'vitest'
import { reasonOf } from '../src/reasonOf.ts'

describe('reasonOf', () => {
  it.each([
    [new Error('a'), 'a'],
    [new AggregateError([new Error('a'), new Error('b')]), 'a, b'],
    ['text', 'text'],
  ])('%o', (error, reason) => expect(reasonOf(error)).toBe(reason))
})
