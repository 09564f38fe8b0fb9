/** A piece of HTML or SVG in which everything from outside has been escaped. */
export interface Markup {
  readonly markup: string
}

/** What a template may hold: text is escaped, markup is taken as it is. */
export type MarkupValue = string | number | Markup | readonly Markup[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** The only way to build markup: a template whose values are escaped unless they are markup already. */
export function html(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  const text = parts.map((part, i) => part + (i < values.length ? render(values[i]) : ''))
  return { markup: text.join('') }
}

function render(value: MarkupValue): string {
  if (typeof value === 'object') {
    return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('')
  }
  return String(value)
    .replace(/[&<>"']/g, (sign) => entities[sign])
    .replace(/(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}

/** A share as a percentage with one decimal. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** A number short enough for a label: four digits, powers of ten far from one. */
export function short(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2).replace(/\.?0+e/, 'e')
  return String(Number(value.toPrecision(size >= 1000 ? 6 : 4)))
}
