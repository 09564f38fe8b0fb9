import type { Readable } from 'node:stream'

export interface LineOptions {
  /** Longer lines are cut into pieces of so many characters, so that memory stays bounded. */
  readonly maxLength: number
  /** The stream is given up where nothing comes for so long: a cut cable tells nobody. */
  readonly idleMs: number
}

/** A line, or a piece of one that is too long. */
export interface Piece {
  readonly text: string
  /** Whether a line begins with it. */
  readonly first: boolean
}

/** The lines of a stream, as fast as they are taken; the last one need not end. */
export async function* linesOf(
  stream: Readable,
  { maxLength, idleMs }: LineOptions,
): AsyncGenerator<Piece> {
  const decoder = new TextDecoder()
  let rest = ''
  let first = true
  const silence = new Error(`nothing came for ${idleMs / 1000} s`)
  const timer = setTimeout(() => stream.destroy(silence), idleMs)

  function* cut(text: string, ended: boolean): Generator<Piece> {
    let at = 0
    for (; text.length - at > maxLength; at += maxLength) {
      yield { text: text.slice(at, at + maxLength), first }
      first = false
    }
    rest = ended ? '' : text.slice(at)
    if (!ended) return
    yield { text: text.slice(at), first }
    first = true
  }

  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
      const last = lines.pop() as string
      for (const line of lines) yield* cut(line, true)
      yield* cut(last, false)
      // Time that the taker took does not count.
      timer.refresh()
    }
    if (rest !== '') yield* cut(rest, true)
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}
