import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { afterEach, expect, it } from 'vitest'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const node = resolve(import.meta.dirname, '../../src/node.ts')
const model = resolve(import.meta.dirname, '../../src/index.ts')

/** What a program leaves behind in a home of its own. */
function traces(program: string, env: NodeJS.ProcessEnv = {}): string[] {
  const home = mkdtempSync(join(tmpdir(), 'nebulift-home-'))
  made.push(home)
  const file = join(home, 'program.ts')
  writeFileSync(file, program)
  // It keeps silent in the machinery of builds.
  const { ORT_DISABLE_TELEMETRY: _, CI: __, ...others } = process.env
  execFileSync(process.execPath, ['--conditions=@nebulift/source', file], {
    env: { ...others, HOME: home, TMPDIR: home, XDG_CACHE_HOME: join(home, '.cache'), ...env },
    stdio: 'pipe',
  })
  return readdirSync(home).filter((name) => name !== 'program.ts' && existsSync(join(home, name)))
}

const session = `
import { GraphBuilder, encodeOnnx, ops } from '${model}'
import { openSession } from '${node}'
const g = new GraphBuilder('twice')
const x = g.input('x', [2])
const session = await openSession(encodeOnnx(g.finish({ y: ops.add(g, x, x) })))
await session.run(new Map([['x', { type: 'float32', dims: [2], data: Float32Array.of(1, 2) }]]))
await session.close()
`
const trainer = `
import { resnet18 } from '${model}'
import { createTrainer } from '${node}'
const trainer = await createTrainer({ network: resnet18({ classes: 2, sizePx: 32, width: 0.1 }), seed: 1 })
await trainer.close()
`

it.each([
  ['a session', session],
  ['a training thread', trainer],
])('%s writes nothing into the home of its user, and calls nobody', (_, program) => {
  expect(traces(program)).toEqual([])
})

// Else the test above could not fail.
it('the runtime would, if it were let', ({ skip }) => {
  const found = traces(session, { ORT_DISABLE_TELEMETRY: '0' })
  if (found.length === 0) skip('here the runtime keeps silent by itself')
  expect(found.join()).toMatch(/cache|\.ses|mat-debug/)
})
