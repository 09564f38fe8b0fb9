import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { random } from '../../src/random.ts'
import { parseTrainingLog } from '../../src/train/events.ts'

const script = fileURLToPath(new URL('./fitChild.ts', import.meta.url))

/** Runs the child; kills it some moments after the step it is told, or after its start where that is 0. */
function run(folder: string, killed?: { readonly step: number; readonly afterMs: number }) {
  const child = spawn(process.execPath, ['--conditions=@nebulift/source', script, folder])
  const { promise, resolve } = Promise.withResolvers<{ signal: string | null; out: string }>()
  let out = ''
  let armed = false
  const arm = () => {
    if (armed || !killed || out.split('step').length - 1 < killed.step) return
    armed = true
    setTimeout(() => child.kill('SIGKILL'), killed.afterMs)
  }
  arm()
  child.stdout.on('data', (data) => {
    out += data
    arm()
  })
  child.stderr.on('data', (data) => {
    out += data
  })
  child.on('close', (_, signal) => resolve({ signal, out }))
  return promise
}

it('a training killed at twenty random moments ends in the bits of one that was not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-killed-'))
  try {
    const whole = await run(join(folder, 'whole'))
    const expected = /^hash .*$/m.exec(whole.out)?.[0]
    expect(expected, whole.out).toBeDefined()
    const seed = Date.now() % 1e6
    const numbers = random(seed)
    const path = join(folder, 'killed')
    for (let kill = 0; kill < 20; kill++) {
      // Two of them before the first step, when threads and files are being opened.
      const early = kill % 10 === 9
      const step = early ? 0 : 1 + numbers.below(12)
      const afterMs = numbers.below(early ? 300 : 20)
      const { signal, out } = await run(path, { step, afterMs })
      expect({ signal, out: signal ? '' : out }, `kill ${kill} of seed ${seed}`).toEqual({
        signal: 'SIGKILL',
        out: '',
      })
    }
    const { out } = await run(path)
    expect(/^hash .*$/m.exec(out)?.[0], out).toBe(expected)
    const events = parseTrainingLog(readFileSync(join(path, 'log.jsonl'), 'utf8'))
    const steps = events.flatMap((event) => (event.kind === 'step' ? [event.step] : []))
    expect(steps).toEqual(Array.from({ length: 600 }, (_, i) => i))
    const epochs = events.flatMap((event) => (event.kind === 'epoch' ? [event.epoch] : []))
    expect(epochs).toEqual(Array.from({ length: 150 }, (_, i) => i))
    expect(events.filter(({ kind }) => kind === 'problem')).toEqual([])
    expect(readdirSync(path).filter((name) => name.endsWith('.part'))).toEqual([])
    const kept = readdirSync(path).filter((name) => name.startsWith('step-'))
    expect(kept).toHaveLength(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
