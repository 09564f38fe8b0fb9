import { FitsError, isFitsError } from '@nebulift/fits'
import { describe, expect, it } from 'vitest'

describe('FitsError', () => {
  it('carries code, offset and cause', () => {
    const cause = new Error('below')
    const error = new FitsError('CORRUPT', 'tile 3 is damaged', { offset: 0, cause })
    expect(error).toMatchObject({ name: 'FitsError', code: 'CORRUPT', offset: 0, cause })
    expect(error.message).toBe('tile 3 is damaged (at byte 0)')
    expect(new FitsError('IO', 'plain')).toMatchObject({ message: 'plain', offset: undefined })
  })

  it('is told apart by isFitsError', () => {
    const error = new FitsError('IO', 'x')
    expect(isFitsError(error)).toBe(true)
    expect(isFitsError(error, 'TRUNCATED', 'IO')).toBe(true)
    expect(isFitsError(error, 'TRUNCATED')).toBe(false)
    expect(isFitsError(new Error('x'))).toBe(false)
  })
})
