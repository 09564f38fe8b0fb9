import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLabels } from '../../src/dataset/labels.ts'
import type { DatasetManifest } from '../../src/dataset/manifest.ts'
import { tokenHeader } from '../../src/review/guard.ts'
import { run } from '../../src/run.ts'
import { nebulift, sink, temporaryFolder } from '../helpers.ts'
import { judgeSmallNight, otherThan } from './night.ts'

/** Runs the command until it has printed its address, and ends it as Ctrl-C does after `work`. */
async function whileServing(argv: readonly string[], work: (text: string) => Promise<void>) {
  const stop = new AbortController()
  const [stdout, stderr] = [sink(), sink()]
  const ended = run(argv, { stdout, stderr, env: {}, signal: stop.signal })
  while (!stdout.text.includes('#')) await new Promise((resolve) => setTimeout(resolve, 10))
  try {
    await work(stdout.text)
  } finally {
    stop.abort()
  }
  return { code: await ended, out: stdout.text, err: stderr.text }
}

describe('nebulift review', () => {
  it('prints its address as JSON, serves until Ctrl-C, and dataset build learns from the word', async () => {
    const { out, input, frame, folder } = await judgeSmallNight()
    const decision = otherThan(frame('b.fits'))
    const { code, err } = await whileServing(['review', out, '--json'], async (text) => {
      const { url, port, frames, corrected } = JSON.parse(text)
      expect({ port, frames, corrected }).toEqual({
        port: Number(new URL(url).port),
        ...{ frames: 3, corrected: 0 },
      })
      const response = await fetch(new URL('/correct', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', [tokenHeader]: new URL(url).hash.slice(1) },
        body: JSON.stringify({ file: 'b.fits', seen: null, decision }),
      })
      expect(response.status).toBe(200)
    })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const labels = join(out, 'manifest.json')
    expect([...(await readLabels(labels)).keys()]).toEqual(['b.fits'])
    const set = join(folder, 'set')
    const built = await nebulift(['dataset', 'build', input, '-o', set, '--labels', labels])
    expect(built.code).toBe(0)
    const { examples }: DatasetManifest = JSON.parse(
      readFileSync(join(set, 'dataset.json'), 'utf8'),
    )
    const byPerson = examples.filter(({ labelledBy }) => labelledBy === 'person')
    expect(byPerson).toMatchObject([{ label: decision.verdict }])
  })

  it('tells people where to go and how it ends', async () => {
    const { out, frame } = await judgeSmallNight()
    const { code, out: text } = await whileServing(['review', out, '--no-open'], async () => {})
    expect(code).toBe(0)
    expect(text).toMatch(
      /^3 frames, 0 corrected: review them at\n {2}http:\/\/127\.0\.0\.1:\d+\/#\S+\n/,
    )
    expect(text).toContain('Ctrl-C ends the review')
    expect(text).toContain(`0 frames corrected, in ${join(out, 'manifest.json')}`)
    expect(frame('a.fits').corrected).toBeUndefined()
  })

  it('refuses a folder without a batch in one line, and says what to run', async () => {
    const empty = temporaryFolder()
    const { code, err } = await nebulift(['review', empty])
    expect(code).toBe(2)
    expect(err).toBe(
      `error: ${empty} is not the output of a nebulift batch: nothing to review\nHint: run first: nebulift batch FRAMES ${empty}\n`,
    )
  })

  it('says in its help what happens to files, and the keys', async () => {
    const { out } = await nebulift(['review', '--help'])
    for (const said of ['--no-move', '--no-open', '--port', '--json', 'originals stay', 'u undo'])
      expect(out).toContain(said)
  })
})
