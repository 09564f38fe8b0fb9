import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { fillBad, simulateInto } from '../frames.ts'
import { nebulift, temporaryFolder } from '../helpers.ts'
import { ended, start } from '../processes.ts'

const bin = resolve(import.meta.dirname, '../../bin/nebulift.js')

describe('as a process of its own', () => {
  it('stops at Ctrl-C in one line, keeps what was measured, and goes on from there', async () => {
    const folder = temporaryFolder()
    const frames = await simulateInto(folder, { frames: 8 })
    const out = join(folder, 'sorted')
    const argv = ['batch', frames, out, '--jobs', '1']
    const child = start([...argv, '--verbose'])
    let seen = ''
    let stopped = false
    child.stderr?.on('data', (text) => {
      seen += text
      if (!stopped && /light-000\d/.test(seen)) stopped = child.kill('SIGINT')
    })
    const { code, err } = await ended(child)
    expect(code).toBe(130)
    expect(err).toMatch(
      /warning: interrupted after \d frames; run the same command again to go on\n$/,
    )
    const names = readdirSync(out, { recursive: true, encoding: 'utf8' })
    expect(names.filter((name) => /part$|lock$/.test(name))).toEqual([])
    expect(readdirSync(frames)).toHaveLength(9)
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({ complete: false })
    const done = manifest.frames.length
    expect(done).toBeGreaterThan(0)
    const again = await nebulift(argv)
    expect(again.code).toBe(0)
    expect(Number(/(\d+) measured now/.exec(again.out)?.[1])).toBeLessThanOrEqual(8 - done)
    expect(JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))).toMatchObject({
      complete: true,
    })
  })

  it('says nothing when the reader of a pipe goes away', async () => {
    const folder = temporaryFolder()
    fillBad(folder)
    const files = Array(300).fill(join(folder, 'one.fits'))
    const child = start(['inspect', '--header', ...files])
    child.stdout?.once('data', () => child.stdout?.destroy())
    const { code, err } = await ended(child)
    expect({ code, err }).toEqual({ code: 0, err: '' })
  })

  it('exits with the code of the command', async () => {
    expect(await ended(start(['batch']))).toMatchObject({ code: 2, out: '' })
    expect(await ended(start(['--version']))).toMatchObject({ code: 0, err: '' })
  })
})

describe('bin/nebulift.js', () => {
  const runBin = (script: string, flags: readonly string[] = []) =>
    ended(spawn(process.execPath, [...flags, script, '--version']))

  it('says in one line that an old Node is too old', async () => {
    const fake = "Object.defineProperty(process.versions, 'node', { value: '22.17.1' })"
    const flags = ['--import', `data:text/javascript,${encodeURIComponent(fake)}`]
    expect(await runBin(bin, flags)).toEqual({
      code: 1,
      out: '',
      err: 'nebulift needs Node 22.18 or newer; this is Node 22.17.1\n',
    })
  })

  it('says what to do in a checkout that is not built', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'bin'))
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    copyFileSync(bin, join(folder, 'bin/nebulift.js'))
    expect(await runBin(join(folder, 'bin/nebulift.js'))).toEqual({
      code: 1,
      out: '',
      err: 'nebulift is not built yet; run: npm run build\n',
    })
  })
})
