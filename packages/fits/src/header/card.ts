/**
 * What a card can hold. Integers beyond 2^53 are bigint, so that no digit is lost; complex numbers stay
 * text, as they stand in the file.
 */
export type HeaderValue = string | number | bigint | boolean

/** One header entry: usually one card of 80 characters, more where a long string is continued. */
export interface Card {
  /** Upper case; `COMMENT`, `HISTORY` or empty for remarks; without the prefix `HIERARCH`. */
  readonly keyword: string
  /** Undefined where the card leaves it out. The text of a remark. */
  readonly value: HeaderValue | undefined
  readonly comment: string
  /** The card as it stands in the file, one character a byte, a multiple of 80. */
  readonly text: string
}

/** A card, and what is wrong with it where something is. */
export interface ParsedCard extends Card {
  readonly problem?: string
}

export const CARD_LENGTH = 80

const commentary = new Set(['COMMENT', 'HISTORY', ''])

export function isCommentary(keyword: string): boolean {
  return commentary.has(keyword)
}

interface Field {
  readonly value: HeaderValue | undefined
  readonly comment: string
  readonly problem?: string
}

/** Understands one card of 80 characters. Never throws: what it cannot read is kept as text. */
export function parseCard(text: string): ParsedCard {
  const keyword = text.slice(0, 8).trimEnd()
  if (keyword === 'HIERARCH') {
    const equals = text.indexOf('=')
    if (equals > 9)
      return named(text.slice(9, equals).trim(), parseField(text.slice(equals + 1)), text)
  } else if (!isCommentary(keyword) && keyword !== 'CONTINUE' && text[8] === '=') {
    const field = parseField(text.slice(9))
    const problem = field.problem ?? (text[9] === ' ' ? undefined : 'no space after "="')
    return named(keyword, problem === undefined ? field : { ...field, problem }, text)
  }
  const shifted = /^ *([A-Za-z0-9_-]{1,8}) *= /.exec(text)
  if (shifted && !isCommentary(keyword) && keyword !== 'CONTINUE') {
    const field = parseField(text.slice(shifted[0].length - 1))
    return named(
      shifted[1]!,
      { ...field, problem: field.problem ?? '"=" is not in column 9' },
      text,
    )
  }
  return remark(keyword, text)
}

function remark(keyword: string, text: string): ParsedCard {
  const card = { keyword: keyword.toUpperCase(), value: text.slice(8).trimEnd(), comment: '', text }
  return keyword === 'CONTINUE' ? { ...card, problem: 'continues no string' } : checked(card)
}

function named(keyword: string, field: Field, text: string): ParsedCard {
  return checked({ keyword: keyword.toUpperCase(), ...field, text })
}

function checked(card: ParsedCard): ParsedCard {
  if (card.problem !== undefined) return card
  if (/[^ -~]/.test(card.text))
    return { ...card, problem: 'holds a byte that is not printable ASCII' }
  return card
}

const integer = /^[+-]?\d+$/
const real = /^[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d+)?$/
const complex = /^\(\s*[^,()]+,\s*[^,()]+\)$/

/** The value and comment of a card, from what follows its "=". */
export function parseField(text: string): Field {
  const field = text.trimStart()
  if (field.startsWith("'")) return parseString(field)
  const slash = field.indexOf('/')
  const token = (slash < 0 ? field : field.slice(0, slash)).trim()
  const comment = slash < 0 ? '' : field.slice(slash + 1).trim()
  if (token === '') return { value: undefined, comment }
  if (token === 'T' || token === 'F') return { value: token === 'T', comment }
  if (integer.test(token)) return { value: parseInteger(token), comment }
  if (real.test(token)) return { value: Number(token.replace(/[Dd]/, 'E')), comment }
  if (complex.test(token)) return { value: token, comment }
  return { value: token, comment, problem: 'value not understood, kept as text' }
}

function parseInteger(digits: string): number | bigint {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : BigInt(digits.replace('+', ''))
}

function parseString(field: string): Field {
  let end = 1
  for (;;) {
    end = field.indexOf("'", end)
    if (end < 0) {
      const value = field.slice(1).trimEnd()
      return { value, comment: '', problem: 'string without closing quote' }
    }
    if (field[end + 1] !== "'") break
    end += 2
  }
  const value = field.slice(1, end).replaceAll("''", "'").trimEnd()
  const rest = field.slice(end + 1).trim()
  if (rest === '') return { value, comment: '' }
  if (rest.startsWith('/')) return { value, comment: rest.slice(1).trim() }
  return { value, comment: rest, problem: 'text after the closing quote' }
}

/**
 * Understands the card at `texts[at]` with the CONTINUE cards after it, where it is a string ending in "&".
 * How many cards that were is `text.length / CARD_LENGTH`.
 */
export function parseLongCard(texts: readonly string[], at = 0): ParsedCard {
  const first = parseCard(texts[at]!)
  if (typeof first.value !== 'string' || !first.text.includes("'")) return first
  let { value, comment, text, problem } = first as ParsedCard & { value: string }
  for (let i = at + 1; value.endsWith('&') && isContinuation(texts[i]); i++) {
    const field = parseField(texts[i]!.slice(8))
    value = value.slice(0, -1) + String(field.value)
    comment += field.comment
    text += texts[i]
    problem ??= field.problem
  }
  const card = { keyword: first.keyword, value: value.trimEnd(), comment, text }
  return problem === undefined ? checked(card) : { ...card, problem }
}

function isContinuation(text: string | undefined): text is string {
  return text !== undefined && /^CONTINUE +'/.test(text)
}
