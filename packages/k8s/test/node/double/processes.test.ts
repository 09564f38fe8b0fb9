import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isAlive, until } from '../setting.ts'
import { startProcess } from './processes.ts'

const env = {}

describe('processes', () => {
  it('that cannot be started say so', async () => {
    const { exit } = startProcess({ argv: [process.execPath, '/no/such/file.js'], env })
    expect(await exit).toEqual({ exitCode: 1, reason: 'Error' })
    const { exit: none } = startProcess({ argv: ['/no/such/program'], env })
    expect((await none).exitCode).toBeGreaterThan(0)
  })

  it('take what they started with them', async () => {
    const { exit, log } = startProcess({ argv: ['sh', '-c', 'sleep 60 & echo $!; exit 3'], env })
    expect(await exit).toEqual({ exitCode: 3, reason: 'Error' })
    const grandchild = Number(log.entries[0]?.text)
    expect(grandchild).toBeGreaterThan(1)
    await until('the grandchild is gone', () => !isAlive(grandchild))
  })

  it.skipIf(!existsSync('/usr/bin/setpriv'))('do not outlive whoever started them', async () => {
    const module = fileURLToPath(new URL('processes.ts', import.meta.url))
    const script = `import { startProcess } from ${JSON.stringify(module)}
      process.stdout.write(startProcess({ argv: ['sleep', '60'], env: {} }).pid + '\\n')
      setInterval(() => {}, 1000)`
    const child = execFile(process.execPath, ['--input-type=module', '-e', script])
    const pid = await new Promise<number>((resolve) =>
      child.stdout?.once('data', (text) => resolve(Number(text))),
    )
    expect(isAlive(pid)).toBe(true)
    child.kill('SIGKILL')
    await until('it is gone', () => !isAlive(pid))
  })
})
