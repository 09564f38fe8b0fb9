import {
  CARD_LENGTH,
  type Card,
  type HeaderValue,
  isCommentary,
  parseCard,
  parseLongCard,
} from './card.ts'
import { formatCard } from './format.ts'

/** Content of a new card: keyword, value, comment. */
export type HeaderEntry = readonly [
  keyword: string,
  value?: HeaderValue | undefined,
  comment?: string,
]

/**
 * The cards of one HDU, in order and byte for byte. `set`, `append` and `delete` change this header, as
 * they would a Map, and touch no card but the one named; `clone` first to keep the original. Keywords are
 * found in any case and with or without the prefix `HIERARCH`. What tells the layout of the data (BITPIX,
 * NAXISn, scaling) is read once when a file is opened: changing it here does not change reading.
 */
export class Header {
  #cards: Card[]
  #first: Map<string, number> | undefined

  /** Sentences about cards that break the standard and were read as well as possible. */
  readonly problems: readonly string[]

  /** `entries` make new cards; an existing header or its `cards` are taken over as they are. */
  constructor(entries: Iterable<HeaderEntry | Card> = [], problems: readonly string[] = []) {
    this.problems = problems
    this.#cards = []
    for (const entry of entries) {
      if ('text' in entry) this.#cards.push(entry)
      else this.append(...entry)
    }
  }

  /** All cards in order, END left out. */
  get cards(): readonly Card[] {
    return this.#cards
  }

  /** The value of the first card of this keyword; undefined where there is none or it has no value. */
  get(keyword: string): HeaderValue | undefined {
    return this.#card(keyword)?.value
  }

  /** Values of every card of this keyword in order, as for COMMENT and HISTORY. */
  getAll(keyword: string): HeaderValue[] {
    const name = normal(keyword)
    return this.#cards.flatMap((card) =>
      card.keyword === name && card.value !== undefined ? [card.value] : [],
    )
  }

  /** The value as a number, also where it was written as a string; otherwise undefined. */
  getNumber(keyword: string): number | undefined {
    const value = this.get(keyword)
    if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
    if (typeof value !== 'string' || value.trim() === '') return undefined
    const number = Number(value)
    return Number.isNaN(number) ? undefined : number
  }

  /** The value as text without blanks around it; undefined where there is none. */
  getString(keyword: string): string | undefined {
    const value = this.get(keyword)
    return value === undefined ? undefined : String(value).trim()
  }

  has(keyword: string): boolean {
    return this.#card(keyword) !== undefined
  }

  /** The comment of the first card of this keyword; undefined where there is no such card. */
  comment(keyword: string): string | undefined {
    return this.#card(keyword)?.comment
  }

  /**
   * Gives the first card of this keyword a new value, and a new comment where one is given; adds a card
   * at the end where there is none. Remarks (COMMENT, HISTORY, blank) are always added.
   * @throws FitsError `BAD_ARGUMENT` for what a card cannot hold: NaN, infinity, other than printable ASCII
   */
  set(keyword: string, value: HeaderValue | undefined, comment?: string): this {
    const name = normal(keyword)
    const index = isCommentary(name) ? undefined : this.#index(name)
    if (index === undefined) return this.append(name, value, comment)
    const [card] = newCards(name, value, comment ?? this.#cards[index]!.comment)
    this.#cards[index] = card!
    return this
  }

  /** Adds a card at the end, also where the keyword exists. Long remarks take several cards. */
  append(keyword: string, value?: HeaderValue, comment = ''): this {
    const name = normal(keyword)
    this.#cards.push(...newCards(name, value, comment))
    this.#first = undefined
    return this
  }

  /** Removes every card of this keyword. Returns whether there was one. */
  delete(keyword: string): boolean {
    const name = normal(keyword)
    const kept = this.#cards.filter((card) => card.keyword !== name)
    const found = kept.length < this.#cards.length
    this.#cards = kept
    this.#first = undefined
    return found
  }

  /** A copy that can be changed on its own. */
  clone(): Header {
    return new Header(this.#cards, this.problems)
  }

  #card(keyword: string): Card | undefined {
    const index = this.#index(normal(keyword))
    return index === undefined ? undefined : this.#cards[index]
  }

  #index(name: string): number | undefined {
    if (!this.#first) {
      this.#first = new Map()
      for (const [index, card] of this.#cards.entries()) {
        if (!this.#first.has(card.keyword)) this.#first.set(card.keyword, index)
      }
    }
    return this.#first.get(name)
  }
}

function normal(keyword: string): string {
  return keyword
    .trim()
    .toUpperCase()
    .replace(/^HIERARCH /, '')
}

/** The cards of this content, read back from their text: trailing blanks and what did not fit are gone. */
function newCards(keyword: string, value: HeaderValue | undefined, comment: string): Card[] {
  const text = formatCard(keyword, value, comment)
  const texts = Array.from({ length: text.length / CARD_LENGTH }, (_, i) =>
    text.slice(i * CARD_LENGTH, (i + 1) * CARD_LENGTH),
  )
  if (isCommentary(keyword)) return texts.map(parseCard)
  return [parseLongCard(texts)]
}
