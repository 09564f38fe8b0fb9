import { K8sError } from '../errors.ts'

/** What a kubeconfig is made of: numbers stay text, as no field of it is one. */
export type YamlValue = string | boolean | null | YamlValue[] | YamlMap
export interface YamlMap {
  readonly [key: string]: YamlValue
}

/**
 * Reads the YAML that kubeconfigs are written in: block and one-line flow collections, plain, quoted and block
 * scalars; JSON too. Anchors, tags, several documents and whatever else is not understood are refused with their line.
 * @throws K8sError `BAD_CONFIG`
 */
export function readYaml(text: string, name: string): YamlValue {
  if (text.trimStart().startsWith('{')) return readJson(text, name)
  const reader = new Reader(text, name)
  return reader.document()
}

function readJson(text: string, name: string): YamlValue {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new K8sError('BAD_CONFIG', `${name}: not JSON: ${(cause as Error).message}`, { cause })
  }
}

// A plain key may hold a # that no blank stands before.
const keyPattern =
  /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?:[^ \t"'#[\]{},&*!|>%@`?-]|-[^ \t#])(?:[^#]|(?<![ \t])#)*?)[ \t]*:(?:[ \t]+|$)/
const escapes: Readonly<Record<string, string>> = {
  0: '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
}

class Reader {
  readonly #name: string
  readonly #lines: string[]
  #at = 0

  constructor(text: string, name: string) {
    this.#name = name
    this.#lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
  }

  document(): YamlValue {
    this.#skip()
    if (trimmed(this.#line()) === '---') this.#at++
    this.#skip()
    if (this.#ended()) return null
    const value = this.#node(this.#indent())
    this.#skip()
    if (!this.#ended()) this.#fail('not understood here (indentation, or a second document)')
    return value
  }

  #fail(what: string): never {
    throw new K8sError('BAD_CONFIG', `${this.#name}: line ${this.#at + 1}: ${what}`)
  }

  #ended(): boolean {
    return this.#at >= this.#lines.length
  }

  #line(): string {
    return this.#lines[this.#at] ?? ''
  }

  /** Of the line where the reader stands; -1 at the end. */
  #indent(): number {
    if (this.#ended()) return -1
    const blanks = /^[ \t]*/.exec(this.#line())?.[0] ?? ''
    if (blanks.includes('\t')) this.#fail('a tab cannot indent')
    return blanks.length
  }

  /** Over empty lines and comments. */
  #skip(): void {
    while (!this.#ended() && /^[ \t]*(#|$)/.test(this.#line())) this.#at++
  }

  #node(indent: number): YamlValue {
    const text = this.#line().slice(indent)
    if (isItem(text)) return this.#sequence(indent)
    if (keyPattern.test(text)) return this.#map(indent)
    this.#at++
    return this.#inline(text, indent - 1)
  }

  #map(indent: number): YamlMap {
    const map: Record<string, YamlValue> = Object.create(null)
    for (this.#skip(); this.#indent() === indent; this.#skip()) {
      const text = this.#line().slice(indent)
      const found = keyPattern.exec(text)
      if (!found || isItem(text)) this.#fail('a key and a colon are wanted')
      const key = this.#key(found[1] as string)
      if (key in map) this.#fail(`the key ${key} is there twice`)
      const rest = text.slice(found[0].length)
      this.#at++
      map[key] = this.#value(rest, indent, true)
    }
    if (this.#indent() > indent) this.#fail('indented further than what it belongs to')
    return { ...map }
  }

  #sequence(indent: number): YamlValue[] {
    const items: YamlValue[] = []
    for (this.#skip(); this.#indent() === indent; this.#skip()) {
      const text = this.#line().slice(indent)
      if (!isItem(text)) break
      const rest = text.slice(1).replace(/^[ \t]+/, '')
      if (keyPattern.test(rest) || isItem(rest)) {
        // What follows the dash is the first line of a block of its own.
        const inner = indent + text.length - rest.length
        this.#lines[this.#at] = ' '.repeat(inner) + rest
        items.push(this.#node(inner))
      } else {
        this.#at++
        items.push(this.#value(rest, indent, false))
      }
    }
    if (this.#indent() > indent) this.#fail('indented further than what it belongs to')
    return items
  }

  /** What stands after a colon or a dash, or below it. */
  #value(rest: string, indent: number, ofKey: boolean): YamlValue {
    if (rest !== '' && !rest.startsWith('#')) return this.#inline(rest, indent)
    this.#skip()
    const below = this.#indent()
    if (below > indent) return this.#node(below)
    if (ofKey && below === indent && isItem(this.#line().slice(indent)))
      return this.#sequence(indent)
    return null
  }

  /** A value whose first line is `text`; the reader stands on the line after it. */
  #inline(text: string, indent: number): YamlValue {
    if (/^[|>]/.test(text)) return this.#block(text, indent)
    if (/^[&*!%@`]/.test(text)) {
      this.#at--
      this.#fail(`${text[0]} is YAML that kubeconfigs have no need of, and is not read`)
    }
    if (/^["'[{]/.test(text)) {
      this.#at--
      const flow = this.#flow(text, 0)
      if (!/^[ \t]*(#.*)?$/.test(text.slice(flow.end)))
        this.#fail('text after the end of the value')
      this.#at++
      return flow.value
    }
    return this.#plain(text, indent)
  }

  /** A plain scalar, which may go on in lines that are indented further. */
  #plain(first: string, indent: number): YamlValue {
    const parts = [uncommented(first)]
    for (this.#skip(); this.#indent() > indent; this.#skip()) {
      const text = trimmed(this.#line())
      if (keyPattern.test(text)) this.#fail('indented further than what it belongs to')
      parts.push(uncommented(text))
      this.#at++
    }
    if (parts.some((part) => /:([ \t]|$)/.test(part))) {
      this.#at--
      this.#fail('a colon within a value: quote it')
    }
    return scalar(parts.join(' '))
  }

  /** `|` and `>` scalars. */
  #block(header: string, indent: number): string {
    const found = /^([|>])([-+]?)[ \t]*(#.*)?$/.exec(header)
    if (!found) {
      this.#at--
      this.#fail(`${header}: only |, |-, |+, >, >- and >+ are read`)
    }
    const lines: string[] = []
    let width = 0
    for (; !this.#ended(); this.#at++) {
      const line = this.#line()
      const blank = trimmed(line) === ''
      width ||= blank ? 0 : Math.max(0, this.#indent())
      if (!blank && (width <= indent || this.#indent() < width)) break
      lines.push(blank ? line.slice(width || line.length) : line.slice(width))
    }
    let kept = lines.length
    while (kept > 0 && trimmed(lines[kept - 1] ?? '') === '') kept--
    const body = lines.slice(0, kept)
    const text = found[1] === '|' ? body.join('\n') : folded(body)
    if (found[2] === '-' || (kept === 0 && found[2] !== '+')) return text
    return `${text}\n${found[2] === '+' ? '\n'.repeat(lines.length - kept) : ''}`
  }

  /** A quoted scalar or a flow collection, which end on their line. */
  #flow(text: string, from: number): { value: YamlValue; end: number } {
    const at = skipBlanks(text, from)
    const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/.exec(text.slice(at))
    if (quoted) return { value: this.#unquoted(quoted[0]), end: at + quoted[0].length }
    if (text[at] === '[') return this.#flowSequence(text, at + 1)
    if (text[at] === '{') return this.#flowMap(text, at + 1)
    const plain = /^[^,[\]{}:#"'&*!|>%@`][^,[\]{}#]*?(?=[ \t]*(?:[,\]}]|:[ \t]))/.exec(
      text.slice(at),
    )
    if (!plain) this.#fail('not understood: quotes, brackets and braces end on their own line')
    return { value: scalar(plain[0]), end: at + plain[0].length }
  }

  #flowSequence(text: string, from: number): { value: YamlValue[]; end: number } {
    const value: YamlValue[] = []
    let at = skipBlanks(text, from)
    while (text[at] !== ']') {
      const item = this.#flow(text, at)
      value.push(item.value)
      at = this.#flowEnd(text, item.end, ']')
    }
    return { value, end: at + 1 }
  }

  #flowMap(text: string, from: number): { value: YamlMap; end: number } {
    const value: Record<string, YamlValue> = {}
    let at = skipBlanks(text, from)
    while (text[at] !== '}') {
      const key = this.#flow(text, at)
      const colon = skipBlanks(text, key.end)
      if (typeof key.value !== 'string' || text[colon] !== ':')
        this.#fail('a key and a colon are wanted')
      const item = this.#flow(text, colon + 1)
      value[key.value] = item.value
      at = this.#flowEnd(text, item.end, '}')
    }
    return { value, end: at + 1 }
  }

  /** Over a comma, or to the closing bracket. */
  #flowEnd(text: string, from: number, closing: string): number {
    const at = skipBlanks(text, from)
    if (text[at] === ',') return skipBlanks(text, at + 1)
    if (text[at] !== closing) this.#fail(`a comma or ${closing} is wanted`)
    return at
  }

  #key(text: string): string {
    return /^["']/.test(text) ? this.#unquoted(text) : text
  }

  #unquoted(text: string): string {
    const inner = text.slice(1, -1)
    if (text.startsWith("'")) return inner.replaceAll("''", "'")
    return inner.replace(/\\(?:x(..)|u(.{4})|U(.{8})|(.))/gs, (all, x, u, long, one) => {
      const hex: string | undefined = x ?? u ?? long
      const known =
        hex === undefined ? escapes[one] : /^[\da-f]+$/i.test(hex) ? codePoint(hex) : undefined
      return known ?? this.#fail(`the escape ${all} is not known`)
    })
  }
}

function isItem(text: string): boolean {
  return /^-([ \t]|$)/.test(text)
}

function uncommented(text: string): string {
  return trimmed(text.replace(/[ \t]+#.*$/, ''))
}

/** Blanks of YAML are these two: other spaces belong to texts. */
function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (text[at] === ' ') at++
  return at
}

function scalar(text: string): YamlValue {
  if (/^(true|True|TRUE)$/.test(text)) return true
  if (/^(false|False|FALSE)$/.test(text)) return false
  return /^(null|Null|NULL|~|)$/.test(text) ? null : text
}

function codePoint(hex: string): string | undefined {
  const point = Number.parseInt(hex, 16)
  return point <= 0x10ffff ? String.fromCodePoint(point) : undefined
}

/** Lines of a `>` scalar: single line breaks become blanks, except around lines that are indented further. */
function folded(lines: readonly string[]): string {
  let text = lines[0] ?? ''
  for (let index = 1; index < lines.length; index++) {
    const [before, line] = [lines[index - 1] ?? '', lines[index] ?? '']
    const keeps = /^[ \t]/.test(before) || /^[ \t]/.test(line)
    if (keeps || line === '') text += `\n${line}`
    else text += before === '' ? line : ` ${line}`
  }
  return text
}
