import { encodeHeader, Header, parseHeader } from '@nebulift/fits'
import { describe, expect, it } from 'vitest'
import { failure } from '../helpers.ts'

const texts = (header: Header) => header.cards.map(({ text }) => text)

describe('Header', () => {
  const original = [
    'SIMPLE  =                    T',
    "OBJECT  = 'M31'     /   odd   spacing",
    'EXPTIME =       30.0',
    'HISTORY one',
    'EXPTIME =       60.0',
    'HISTORY two',
  ].map((text) => text.padEnd(80))
  const make = () => parseHeader(new TextEncoder().encode(original.join('')))

  it('sets the first card of a keyword and touches no other', () => {
    const header = make().set('exptime', 45.5)
    expect(header.get('EXPTIME')).toBe(45.5)
    expect(header.getAll('EXPTIME')).toEqual([45.5, 60])
    expect(texts(header).filter((_, i) => i !== 2)).toEqual(original.filter((_, i) => i !== 2))
  })

  it('keeps the comment unless a new one is given', () => {
    expect(make().set('OBJECT', 'M 33').comment('OBJECT')).toBe('odd   spacing')
    expect(make().set('OBJECT', 'M 33', 'new').comment('OBJECT')).toBe('new')
  })

  it('adds what is not there, and always adds remarks', () => {
    const header = make()
      .set('GAIN', 1.5, 'e/ADU')
      .set('HISTORY', 'three')
      .append('OBJECT', 'again')
    expect(texts(header).slice(0, original.length)).toEqual(original)
    expect(header.getAll('HISTORY')).toEqual(['one', 'two', 'three'])
    expect(header.getAll('OBJECT')).toEqual(['M31', 'again'])
    expect(header.get('GAIN')).toBe(1.5)
  })

  it('splits long remarks over cards of 72 characters', () => {
    const header = new Header()
      .append('COMMENT', 'x'.repeat(150))
      .append('', 'note')
      .append('COMMENT')
    expect(header.getAll('COMMENT')).toEqual(['x'.repeat(72), 'x'.repeat(72), 'x'.repeat(6), ''])
    expect(header.get('')).toBe('note')
    expect(header.cards.every(({ text }) => text.length === 80)).toBe(true)
  })

  it('deletes every card of a keyword', () => {
    const header = make()
    expect(header.delete('Exptime')).toBe(true)
    expect(header.delete('EXPTIME')).toBe(false)
    expect(texts(header)).toEqual(original.filter((text) => !text.startsWith('EXPTIME')))
    expect(header.get('EXPTIME')).toBeUndefined()
    expect(header.comment('EXPTIME')).toBeUndefined()
  })

  it('clones so that the original stays', () => {
    const header = make()
    header.clone().set('OBJECT', 'other').delete('EXPTIME')
    expect(texts(header)).toEqual(original)
  })

  it('reads numbers and text whatever way they were written', () => {
    const header = new Header([
      ['A', '30.5 '],
      ['B', 2n ** 60n],
      ['C', 'words'],
      ['D', ' padded '],
      ['E', true],
      ['F', ''],
      ['G', undefined],
    ])
    expect(['A', 'B', 'C', 'E', 'F', 'G', 'NONE'].map((name) => header.getNumber(name))).toEqual([
      30.5,
      2 ** 60,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(['D', 'E', 'B', 'NONE'].map((name) => header.getString(name))).toEqual([
      'padded',
      'true',
      String(2n ** 60n),
      undefined,
    ])
    expect(header.getAll('G')).toEqual([])
  })

  it('takes over cards as they stand', () => {
    expect(texts(new Header(make().cards))).toEqual(original)
  })

  it('refuses to encode a hand-made card that is no byte', async () => {
    const card = { keyword: 'A', value: 'x', comment: '', text: '\u0394'.padEnd(80) }
    expect(await failure(() => encodeHeader(new Header([card])))).toBe(
      'BAD_ARGUMENT a card holds "\u0394", wanted ASCII',
    )
  })

  it('stops at END, also when zero bytes follow it', () => {
    const bytes = new TextEncoder().encode(`${original[1]}END${'\0'.repeat(77)}${original[2]}`)
    expect(parseHeader(bytes).cards).toHaveLength(1)
  })
})
