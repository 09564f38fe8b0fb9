import { read } from './repository.ts'

export interface Fence {
  readonly language: string
  readonly text: string
  readonly line: number
}

/** Fenced blocks of a Markdown text, in order. */
export function fences(markdown: string): Fence[] {
  return [...markdown.matchAll(/^```([\w-]*)[^\n]*\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: markdown.slice(0, match.index).split('\n').length,
  }))
}

/** The prose between the fences. */
export function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '')
}

/** Lines a reader would type: shell blocks, and the code spans of the prose. */
export function commandLines(markdown: string): string[] {
  const shell = fences(markdown)
    .filter(({ language }) => /^(sh|bash|shell|console|)$/.test(language))
    .flatMap(({ text }) => text.replace(/\\\n\s*/g, ' ').split('\n'))
  const spans = [...prose(markdown).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '')
  return [...shell, ...spans].map((line) => line.replace(/^\s*\$ /, '').trim())
}

export interface Link {
  readonly target: string
  readonly anchor: string
}

/** Links and pictures to places in the repository; addresses elsewhere are left out. */
export function relativeLinks(markdown: string): Link[] {
  const text = prose(markdown).replace(/`[^`\n]*`/g, '')
  const inline = [...text.matchAll(/\]\(\s*<?([^)>\s]+)>?[^)]*\)/g)]
  const html = [...text.matchAll(/\b(?:src|href)="([^"]+)"/g)]
  return [...inline, ...html]
    .map((match) => match[1] ?? '')
    .filter((address) => !/^[a-z][a-z+.-]*:/i.test(address))
    .map((address) => {
      const [target = '', anchor = ''] = address.split('#')
      return { target, anchor }
    })
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchors(path: string): string[] {
  return [...prose(read(path)).matchAll(/^#{1,6} (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )
}

/**
 * The output an example promises: each `// → …` comment, continued by comment lines that are
 * indented by two spaces or more. `…` inside it stands for anything.
 */
export function promisedOutput(code: string): string[] {
  const lines = code.split('\n').map((line) => line.trim())
  return lines.flatMap((line, i) => {
    const promise = line.match(/\/\/ → ?(.*)$/)?.[1]
    if (promise === undefined) return []
    const rest = lines.slice(i + 1)
    const end = rest.findIndex((next) => !/^\/\/ {2,}\S/.test(next))
    const more = rest.slice(0, end < 0 ? undefined : end).map((next) => next.slice(2).trim())
    return [[promise, ...more].join(' ')]
  })
}

/** Whether `output` is exactly the promised pieces, one after the other; white space does not count. */
export function keepsPromise(output: string, promised: readonly string[]): boolean {
  const squeeze = (text: string) => text.replace(/\s+/g, ' ').trim()
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const piece = (text: string) => squeeze(text).split('…').map(literal).join('.*?')
  return new RegExp(`^${promised.map(piece).join(' ')}$`).test(squeeze(output))
}
