import { FitsError } from '../errors.ts'
import { CARD_LENGTH, type Card, parseLongCard } from './card.ts'
import { Header } from './header.ts'

/** FITS files are made of blocks of 2880 bytes. */
export const BLOCK_BYTES = 2880

/** The cards up to END, or all whole cards where there is no END. Never throws: see `Header.problems`. */
export function parseHeader(bytes: Uint8Array): Header {
  const texts: string[] = []
  for (let at = 0; at + CARD_LENGTH <= bytes.length; at += CARD_LENGTH) {
    const text = String.fromCharCode(...bytes.subarray(at, at + CARD_LENGTH))
    if (isEnd(bytes, at)) break
    texts.push(text)
  }
  const cards: Card[] = []
  const problems: string[] = []
  for (let i = 0; i < texts.length; ) {
    const { problem, ...card } = parseLongCard(texts, i)
    cards.push(card)
    if (problem !== undefined) problems.push(`card ${i + 1} (${card.keyword}): ${problem}`)
    i += card.text.length / CARD_LENGTH
  }
  return new Header(cards, problems)
}

/** The cards as they stand, END, and blanks up to a multiple of 2880 bytes. */
export function encodeHeader(header: Header): Uint8Array {
  const text = header.cards.map((card) => card.text).join('') + 'END'.padEnd(CARD_LENGTH)
  const bytes = new Uint8Array(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES).fill(0x20)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) throw new FitsError('BAD_ARGUMENT', `a card holds "${text[i]}", wanted ASCII`)
    bytes[i] = code
  }
  return bytes
}

/** Where the END card stands in `bytes`, looking at whole cards from `from`; -1 where it does not. */
export function findEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at + CARD_LENGTH <= bytes.length; at += CARD_LENGTH) {
    if (isEnd(bytes, at)) return at
  }
  return -1
}

/** END and blanks, as demanded, or END and zero bytes, a common slip. */
function isEnd(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0x45 || bytes[at + 1] !== 0x4e || bytes[at + 2] !== 0x44) return false
  const rest = bytes.subarray(at + 3, at + CARD_LENGTH)
  return rest.every((byte) => byte === 0x20 || byte === 0)
}
