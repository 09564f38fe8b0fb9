import { FitsError } from '../errors.ts'
import { CARD_LENGTH, type HeaderValue, isCommentary } from './card.ts'

/**
 * The text of a card with this content: 80 characters, or a multiple where a string needs CONTINUE or a
 * remark needs several cards. A comment that does not fit is cut.
 */
export function formatCard(
  keyword: string,
  value: HeaderValue | undefined,
  comment: string,
): string {
  requirePrintable(keyword, comment, 'comment')
  if (typeof value === 'string') requirePrintable(keyword, value, 'value')
  if (isCommentary(keyword)) return formatRemark(keyword, value === undefined ? '' : String(value))
  const start = formatKeyword(keyword)
  if (typeof value === 'string') return formatString(start, value, comment)
  const text = formatNumber(keyword, value)
  // Fixed format: numbers and logicals end in column 30.
  const fixed = start + text.padStart(Math.max(0, 30 - start.length))
  const card = fixed.length <= CARD_LENGTH ? fixed : start + text
  if (card.length > CARD_LENGTH) {
    throw new FitsError(
      'BAD_ARGUMENT',
      `${keyword}: a card holds ${CARD_LENGTH} characters, got ${card.length}`,
    )
  }
  return withComment(card, comment)
}

/** `KEYWORD = `, or `HIERARCH Some Long Name = ` for what does not fit eight plain characters. */
function formatKeyword(keyword: string): string {
  if (/^[A-Z0-9_-]{1,8}$/.test(keyword)) return `${keyword.padEnd(8)}= `
  if (keyword === '' || /[^ -<>-~]/.test(keyword) || keyword.length > 60) {
    throw new FitsError(
      'BAD_ARGUMENT',
      `keyword "${keyword}": wanted up to 60 printable ASCII characters without "="`,
    )
  }
  return `HIERARCH ${keyword} = `
}

function formatNumber(keyword: string, value: number | bigint | boolean | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'boolean') return value ? 'T' : 'F'
  if (typeof value === 'bigint') return String(value)
  if (!Number.isFinite(value)) {
    throw new FitsError('BAD_ARGUMENT', `${keyword}: FITS has no way to write ${value} in a header`)
  }
  if (Object.is(value, -0)) return '-0.0'
  if (Number.isSafeInteger(value)) return String(value)
  const text = String(value).toUpperCase()
  if (text.includes('.')) return text
  return text.includes('E') ? text.replace('E', '.0E') : `${text}.0`
}

function formatString(start: string, value: string, comment: string): string {
  const quoted = value.replaceAll("'", "''")
  const room = CARD_LENGTH - start.length - 2
  if (quoted.length <= room) {
    // Fixed format: at least eight characters between the quotes.
    const card = `${start}'${quoted.padEnd(Math.min(8, room))}'`
    if (comment === '' || card.length + 3 + comment.length <= CARD_LENGTH) {
      return withComment(card, comment)
    }
  }
  return formatLongString(start, quoted, comment)
}

/** A string over several cards: each piece but the last ends in "&". The comment goes on the last one. */
function formatLongString(start: string, quoted: string, comment: string): string {
  let text = ''
  let left = quoted
  let head = start
  for (;;) {
    const room = CARD_LENGTH - head.length - 2
    const tail = comment === '' ? 0 : 3 + comment.length
    const alone = left === '' && head !== start
    if (left.length + tail <= room || alone) return text + withComment(`${head}'${left}'`, comment)
    const cut = endOfPiece(left, Math.min(room - 1, left.length))
    text += `${head}'${left.slice(0, cut)}&'`.padEnd(CARD_LENGTH)
    left = left.slice(cut)
    head = 'CONTINUE  '
  }
}

/** At most `most` characters, but never half of a doubled quote. */
function endOfPiece(quoted: string, most: number): number {
  let quotes = 0
  while (quotes < most && quoted[most - 1 - quotes] === "'") quotes++
  return quotes % 2 === 1 ? most - 1 : most
}

function withComment(card: string, comment: string): string {
  const text = comment === '' ? card : `${card} / ${comment}`
  return text.slice(0, CARD_LENGTH).padEnd(CARD_LENGTH)
}

/** COMMENT, HISTORY and blank cards: 72 characters each, as many as the text needs. */
function formatRemark(keyword: string, text: string): string {
  const room = CARD_LENGTH - 8
  let cards = ''
  for (let at = 0; at === 0 || at < text.length; at += room) {
    cards += (keyword.padEnd(8) + text.slice(at, at + room)).padEnd(CARD_LENGTH)
  }
  return cards
}

function requirePrintable(keyword: string, text: string, what: string): void {
  const bad = /[^ -~]/.exec(text)
  if (!bad) return
  const code = text.codePointAt(bad.index)!.toString(16).toUpperCase().padStart(4, '0')
  throw new FitsError('BAD_ARGUMENT', `${keyword}: a ${what} holds printable ASCII, got U+${code}`)
}
