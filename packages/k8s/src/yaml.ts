import { K8sError } from './errors.ts'

/**
 * Objects as YAML, one document each, keys in the order they have: equal objects give equal bytes. A text is quoted
 * exactly where a reader of YAML 1.1 or 1.2 would take it for something else. Undefined fields are left out.
 * @throws K8sError `BAD_OPTION` for what YAML cannot say
 */
export function toYaml(objects: readonly object[]): string {
  return objects.map((object) => `---\n${block(object, '').replace(/^\n/, '')}\n`).join('')
}

/** What follows `key:` or `-`, with its leading space or line break. */
function node(value: unknown, indent: string): string {
  if (typeof value === 'object' && value !== null) return nested(value, indent)
  return ` ${typeof value === 'string' ? text(value, indent) : simple(value)}`
}

function nested(value: object, indent: string): string {
  const written = block(value, indent)
  return written.startsWith('\n') ? written : ` ${written}`
}

/** A mapping or sequence: each entry on a line of its own, or `{}` and `[]`. */
function block(value: object, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return value.map((item) => `\n${indent}-${entry(item, indent)}`).join('')
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  if (fields.length === 0) return '{}'
  return fields
    .map(([key, field]) => `\n${indent}${keyText(key)}:${node(field, `${indent}  `)}`)
    .join('')
}

/** A mapping inside a sequence begins on the line of its dash. */
function entry(item: unknown, indent: string): string {
  const inner = `${indent}  `
  const written = node(item, inner)
  const isBlock = typeof item === 'object' && item !== null && written.startsWith('\n')
  return isBlock ? ` ${written.slice(1 + inner.length)}` : written
}

function simple(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' && Number.isFinite(value)) return number(value)
  throw new K8sError(
    'BAD_OPTION',
    `YAML: got ${String(value)}, wanted a text, number, list or object`,
  )
}

/** YAML 1.1 takes a number with an exponent for one only with a point before it. */
function number(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  return String(value).replace(/^(-?\d+)e/, '$1.0e')
}

function text(value: string, indent: string): string {
  if (isPlain(value)) return value
  return isLiteral(value) ? literal(value, indent) : quoted(value)
}

function keyText(key: string): string {
  return isPlain(key) ? key : quoted(key)
}

/** What YAML 1.1 or 1.2 reads as no text: https://yaml.org/type/ and https://yaml.org/spec/1.2.2/#103-core-schema. */
const resolved: readonly RegExp[] = [
  /^(~|null|Null|NULL|true|True|TRUE|false|False|FALSE|<<|=)$/,
  /^(y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/,
  // Integers: binary, octal, decimal, hexadecimal, to the base 60.
  /^[-+]?(0b[01_]+|0o?[0-7_]+|[0-9][0-9_]*|0x[0-9a-fA-F_]+|[0-9][0-9_]*(:[0-5]?[0-9])+)$/,
  // Fractions, exponents, to the base 60.
  /^[-+]?([0-9][0-9_]*)?\.[0-9_]*([eE][-+]?[0-9]+)?$/,
  // The `yaml` package also takes `e0` for one.
  /^[-+]?([0-9][0-9_]*)?[eE][-+]?[0-9]+$/,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*$/,
  /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/,
  // Dates and times.
  /^\d{4}-\d\d?-\d\d?([Tt]|[ \t]|$)/,
]

/** Not in a plain text: breaks, tabs, what cannot be printed, the byte order mark. */
const unprintable = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u

function isPlain(value: string): boolean {
  if (value === '' || unprintable.test(value) || !value.isWellFormed()) return false
  // Indicators; `-`, `?` and `:` only before a blank or the end; markers of documents.
  if (/^[,[\]{}#&*!|>'"%@`]|^[-?:]($| )|^(---|\.\.\.)/.test(value)) return false
  if (/^ | $|: |:$| #/.test(value)) return false
  return !resolved.some((like) => like.test(value))
}

/** Whether a block of lines says the text without any doubt about its indentation. */
function isLiteral(value: string): boolean {
  if (!value.includes('\n') || !value.isWellFormed()) return false
  return /^\S/.test(value) && !/^ +$/m.test(value) && !unprintable.test(value.replaceAll('\n', ''))
}

function literal(value: string, indent: string): string {
  const body = value.replace(/\n+$/, '')
  const breaks = value.length - body.length
  const chomp = breaks === 0 ? '-' : breaks === 1 ? '' : '+'
  const lines = body.split('\n').map((line) => (line === '' ? '' : `${indent}${line}`))
  return `|${chomp}\n${lines.join('\n')}${'\n'.repeat(Math.max(0, breaks - 1))}`
}

function quoted(value: string): string {
  if (!value.isWellFormed())
    throw new K8sError('BAD_OPTION', `YAML: ${JSON.stringify(value)} holds half of a character`)
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/gu, escaped)
}
