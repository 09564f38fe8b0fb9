import { encodeHeader, Header, type HeaderValue, parseHeader } from '@nebulift/fits'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failure } from '../helpers.ts'

/** A header with one card of exactly this text, through the parser. */
function parsed(...texts: readonly string[]): Header {
  const bytes = new TextEncoder().encode(texts.map((text) => text.padEnd(80)).join(''))
  return parseHeader(bytes)
}

const character = fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code))
const printable = (maxLength: number) => fc.string({ unit: character, maxLength, size: 'max' })
const keyword = fc.stringMatching(/^[A-Z][A-Z0-9_-]{0,7}$/).filter((name) => {
  return !['COMMENT', 'HISTORY', 'CONTINUE', 'HIERARCH', 'END'].includes(name)
})
const longKeyword = fc
  .stringMatching(/^[A-Z][A-Z0-9_]{0,9}( [A-Z0-9_]{1,9}){1,5}$/, { size: 'max' })
  .filter((name) => name.length <= 40)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).filter((n) => n > 2n ** 53n || n < -(2n ** 53n)),
  fc.boolean(),
)

function roundTrip(name: string, value: HeaderValue, comment: string): Header {
  const bytes = encodeHeader(new Header([[name, value, comment]]))
  expect(bytes.length % 2880).toBe(0)
  return parseHeader(bytes)
}

describe('cards written and read back', () => {
  it('keep any number, logical and short comment', () => {
    fc.assert(
      fc.property(fc.oneof(keyword, longKeyword), number, printable(12), (name, value, comment) => {
        const header = roundTrip(name, value, comment)
        expect(header.get(name)).toBe(value)
        // Behind a long keyword there may be no room for all of it.
        const kept = header.comment(name)!
        expect(comment.trim().startsWith(kept)).toBe(true)
        if (name.length <= 8) expect(kept).toBe(comment.trim())
        expect(header.problems).toEqual([])
      }),
    )
  })

  it('keep any string of any length, with quotes, and a comment', () => {
    fc.assert(
      fc.property(
        fc.oneof(keyword, longKeyword),
        fc.oneof(printable(400), fc.stringMatching(/^['& x]{0,200}$/, { size: 'max' })),
        printable(40),
        (name, value, comment) => {
          const header = roundTrip(name, value, comment)
          expect(header.get(name)).toBe(value.trimEnd())
          expect(header.comment(name)).toBe(comment.trim())
          expect(header.problems).toEqual([])
        },
      ),
    )
  })

  it('give any list of cards back byte for byte', () => {
    const text = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
    })
    const line = text.map((t) => t.slice(0, 80).padEnd(80)).filter((t) => !/^END[ \0]*$/.test(t))
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            line,
            line.map((t) => `KEY     = ${t}`.slice(0, 80)),
          ),
        ),
        (lines) => {
          const bytes = Uint8Array.from(lines.join(''), (c) => c.charCodeAt(0))
          const header = parseHeader(bytes)
          expect(encodeHeader(header).slice(0, bytes.length)).toEqual(bytes)
        },
      ),
    )
  })
})

describe('cards as files have them', () => {
  it.each<[string, HeaderValue | undefined, string]>([
    ["KEY     = 'it''s'             / about / it", "it's", 'about / it'],
    ["KEY     = '  lead  '", '  lead', ''],
    ["KEY     = ''", '', ''],
    ['KEY     =                    T / yes', true, 'yes'],
    ['KEY     = F', false, ''],
    ['KEY     = -42/no space', -42, 'no space'],
    ['KEY     =              1.5D-03', 0.0015, ''],
    ['KEY     = .5', 0.5, ''],
    ['KEY     = 3.', 3, ''],
    ['KEY     = (1.0, -2)', '(1.0, -2)', ''],
    ['KEY     = 9007199254740993', 9007199254740993n, ''],
    ['KEY     = +99999999999999999999', 99999999999999999999n, ''],
    ['KEY     =                      / nothing', undefined, 'nothing'],
  ])('%s', (text, value, comment) => {
    const header = parsed(text)
    expect(header.get('KEY')).toBe(value)
    expect(header.comment('key')).toBe(comment)
    expect(header.has('KEY')).toBe(true)
    expect(header.problems).toEqual([])
  })

  it.each<[string, string, HeaderValue | undefined, string]>([
    ['KEY     = 2020-01-01T00:00', 'KEY', '2020-01-01T00:00', 'value not understood, kept as text'],
    ['KEY     = NaN / not', 'KEY', 'NaN', 'value not understood, kept as text'],
    ["KEY     = 'open", 'KEY', 'open', 'string without closing quote'],
    ["KEY     = 'a' b", 'KEY', 'a', 'text after the closing quote'],
    ['KEY     =5', 'KEY', 5, 'no space after "="'],
    ['KEY = 5 / early', 'KEY', 5, '"=" is not in column 9'],
    ["CONTINUE  'lost'", 'CONTINUE', "  'lost'", 'continues no string'],
    ['KEY     = 5 / \u00e9', 'KEY', 5, 'holds a byte that is not printable ASCII'],
  ])('%s is read with a remark', (text, name, value, problem) => {
    const bytes = Uint8Array.from(text.padEnd(80), (c) => c.charCodeAt(0))
    const header = parseHeader(bytes)
    expect(header.get(name)).toBe(value)
    expect(header.problems).toEqual([`card 1 (${name}): ${problem}`])
    expect(encodeHeader(header).slice(0, 80)).toEqual(bytes)
  })

  it('reads HIERARCH keywords, long strings and remarks', () => {
    const header = parsed(
      "HIERARCH ESO DET NAME = 'chip' / of the camera",
      "STORY   = 'once upon&'  / first",
      "CONTINUE  ' a time&' / second",
      "CONTINUE  '' / third",
      "AMP     = 'R&'",
      'HISTORY made = by hand',
      'HIERARCH without a value',
      'WORDS   without a value',
    )
    expect(header.get('ESO DET NAME')).toBe('chip')
    expect(header.get('HIERARCH eso det name')).toBe('chip')
    expect(header.get('STORY')).toBe('once upon a time')
    expect(header.comment('STORY')).toBe('firstsecondthird')
    expect(header.get('AMP')).toBe('R&')
    expect(header.get('HISTORY')).toBe('made = by hand')
    expect(header.get('WORDS')).toBe('without a value')
    expect(header.cards).toHaveLength(6)
    expect(header.problems).toEqual([])
  })
})

describe('what a card cannot hold', () => {
  it.each<[string, HeaderValue, string, string]>([
    ['A', Number.NaN, '', 'A: FITS has no way to write NaN in a header'],
    ['A', -Infinity, '', 'A: FITS has no way to write -Infinity in a header'],
    ['A', 'caf\u00e9', '', 'A: a value holds printable ASCII, got U+00E9'],
    ['A', 1, 'a\nb', 'A: a comment holds printable ASCII, got U+000A'],
    ['', 1, '\t', ': a comment holds printable ASCII, got U+0009'],
    ['A=B', 1, '', 'keyword "A=B": wanted up to 60 printable ASCII characters without "="'],
    ['X'.repeat(60), 2n ** 70n, '', `${'X'.repeat(60)}: a card holds 80 characters, got 94`],
  ])('%s = %s', async (name, value, comment, message) => {
    expect(await failure(() => new Header().set(name, value, comment))).toBe(
      `BAD_ARGUMENT ${message}`,
    )
  })

  it('cuts a comment that does not fit', () => {
    const header = new Header([['A', 1, 'c'.repeat(100)]])
    expect(header.cards[0]!.text).toHaveLength(80)
    expect(parseHeader(encodeHeader(header)).comment('A')).toBe('c'.repeat(47))
  })
})
