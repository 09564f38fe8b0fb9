import { describe, expect, it } from 'vitest'
import { nightsOf } from '../../src/dataset/nights.ts'

const at = (file: string, time: string) => ({ file, timeMs: Date.parse(`${time}Z`) })

describe('nightsOf', () => {
  it('parts nights by their pauses, not by a date line', () => {
    const frames = [
      at('d.fits', '2026-03-16T08:00'),
      at('a.fits', '2026-03-14T22:00'),
      at('b.fits', '2026-03-15T03:00'),
      at('c.fits', '2026-03-15T11:30'),
      at('e.fits', '2026-03-16T13:00'),
    ]
    expect(nightsOf(frames)).toEqual([
      ...['2026-03-16', '2026-03-14', '2026-03-14', '2026-03-15', '2026-03-16'],
    ])
  })

  it('numbers two pauses of one date', () => {
    const frames = [at('a', '2026-03-14T01:00'), at('b', '2026-03-14T21:00')]
    expect(nightsOf(frames)).toEqual(['2026-03-14', '2026-03-14 (2)'])
  })

  it('takes the folder for frames without a time', () => {
    const frames = [{ file: 'one/a.fits' }, { file: 'one/b.fits' }, { file: 'two/a.fits' }]
    expect(nightsOf(frames)).toEqual(['undated one', 'undated one', 'undated two'])
  })
})
