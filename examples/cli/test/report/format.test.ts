import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clockOf,
  formatDuration,
  formatFixed,
  formatMoment,
  formatNumber,
  formatPercent,
} from '../../src/report/page/format.ts'
import { escapeText, html } from '../../src/report/page/markup.ts'

describe('markup', () => {
  it('escapes text, takes markup as it is and leaves out what is not there', () => {
    const name = `<b a="1" c='2'>&`
    expect(html`<i title="${name}">${undefined}${html`<u>${3}</u>`}</i>`.markup).toBe(
      '<i title="&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;"><u>3</u></i>',
    )
    expect(html`${[html`<a>`, html`<b>`]}`.markup).toBe('<a><b>')
  })

  it('leaves nothing in a text that could act', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeText(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)|\u202e/)
      }),
    )
  })

  it('makes marks visible that would hide what a name is', () => {
    expect(escapeText('a\u202egnp.exe\u0007')).toBe('a\ufffdgnp.exe\ufffd')
  })
})

describe('numbers and times', () => {
  it.each([
    [0, '0'],
    [0.004217, '0.0042'],
    [0.5, '0.5'],
    [7.4567, '7.46'],
    [42.25, '42.3'],
    [123.4, '123'],
    [1234567, '1\u202f234\u202f567'],
    [-2048, '-2\u202f048'],
    [2.5e12, '2.50e+12'],
    [Number.NaN, '–'],
  ])('tells %d as %s', (value, text) => expect(formatNumber(value)).toBe(text))

  it('tells durations, shares and fixed numbers', () => {
    expect([45, 90, 120, 3600, 30_660].map(formatDuration)).toEqual([
      '45 s',
      '1 min 30 s',
      '2 min',
      '1 h 00 min',
      '8 h 31 min',
    ])
    expect(formatPercent(0.314)).toBe('31\u202f%')
    expect(formatPercent(Number.NaN)).toBe('–')
    expect(formatFixed(undefined, 1)).toBe('–')
    expect(formatFixed(2, 2)).toBe('2.00')
  })

  it('tells moments in UTC and in local time', () => {
    const moment = Date.UTC(2026, 10, 3, 21, 4, 9)
    expect(formatMoment(moment, 'utc')).toBe('2026-11-03 21:04:09 UTC')
    const local = new Date(moment)
    expect(clockOf(moment, 'local').time).toBe(
      `${String(local.getHours()).padStart(2, '0')}:${String(local.getMinutes()).padStart(2, '0')}`,
    )
    expect(clockOf(Number.NaN, 'utc').date).toBe('–')
  })
})
