import type { IncomingMessage } from 'node:http'

export interface LineOptions {
  /** Longer lines are cut into pieces of so many characters, so that memory stays bounded. */
  readonly maxLength: number
  /** The stream is given up where nothing comes for so long: a cut cable tells nobody. */
  readonly idleMs: number
}

/** The lines of a stream, as fast as they are taken; the last one need not end. */
export async function* linesOf(
  stream: IncomingMessage,
  { maxLength, idleMs }: LineOptions,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  const silent = () => stream.destroy(new Error(`nothing came for ${idleMs / 1000} s`))
  stream.setTimeout(idleMs, silent)
  try {
    for await (const part of stream as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
      rest = lines.pop() as string
      for (const line of lines) yield* pieces(line, maxLength)
      if (rest.length > maxLength) {
        yield rest.slice(0, maxLength)
        rest = rest.slice(maxLength)
      }
    }
    if (rest !== '') yield* pieces(rest, maxLength)
  } finally {
    stream.destroy()
  }
}

function* pieces(line: string, maxLength: number): Generator<string> {
  if (line.length <= maxLength) return yield line
  for (let at = 0; at < line.length; at += maxLength) yield line.slice(at, at + maxLength)
}
