/** A piece of HTML or SVG in which everything from outside has been escaped. */
export interface Markup {
  readonly markup: string
}

/** What a template may hold: text is escaped, markup is taken as it is, nothing is left out. */
export type MarkupValue = string | number | Markup | readonly Markup[] | undefined

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text made harmless inside elements and quoted attributes. Control characters
 * and marks that turn the direction of writing become visible. */
export function escapeText(text: string): string {
  return text
    .replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)
    .replace(/(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

function renderValue(value: MarkupValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return escapeText(value)
  if (typeof value === 'number') return String(value)
  return 'markup' in value ? value.markup : value.map((piece) => piece.markup).join('')
}

/** The only way to build markup: a template whose values are escaped unless they are markup already. */
export function html(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const pieces = parts.map((part, index) => part + renderValue(values[index]))
  return { markup: pieces.join('') }
}
