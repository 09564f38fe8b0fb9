import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linesOf } from '../../src/node/lines.ts'

async function read(parts: readonly Uint8Array[], maxLength: number) {
  const pieces: { text: string; first: boolean }[] = []
  for await (const piece of linesOf(Readable.from(parts), { maxLength, idleMs: 10_000 }))
    pieces.push(piece)
  return pieces
}

describe('lines of a stream', () => {
  it('are those of the text, wherever it is cut into parts and pieces', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\n', '')),
        ),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        async (lines, partLength, maxLength) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
          const parts = Array.from({ length: Math.ceil(bytes.length / partLength) }, (_, at) =>
            bytes.subarray(at * partLength, (at + 1) * partLength),
          )
          const pieces = await read(parts, maxLength)
          expect(pieces.every(({ text }) => text.length <= maxLength)).toBe(true)
          const joined = pieces.map(({ text, first }) => (first ? `\n${text}` : text)).join('')
          expect(joined).toBe(lines.map((line) => `\n${line}`).join(''))
        },
      ),
    ))

  it('end without a line break too', async () => {
    expect(await read([Buffer.from('a\nb')], 10)).toEqual([
      { text: 'a', first: true },
      { text: 'b', first: true },
    ])
  })

  it('are given up in silence, and when nobody takes them', async () => {
    const silent = new PassThrough()
    silent.write('one\n')
    const lines = linesOf(silent, { maxLength: 10, idleMs: 50 })
    expect((await lines.next()).value).toEqual({ text: 'one', first: true })
    await expect(lines.next()).rejects.toThrow('nothing came for 0.05 s')
    const left = new PassThrough()
    left.write('one\ntwo\n')
    for await (const { text } of linesOf(left, { maxLength: 10, idleMs: 10_000 })) {
      expect(text).toBe('one')
      break
    }
    expect(left.destroyed).toBe(true)
  })
})
