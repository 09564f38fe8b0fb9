import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { optionsFrom, usage } from '../src/options.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function start(argv: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const args = ['--conditions=@nebulift/source', main, ...argv]
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = execFile(process.execPath, args, { env }, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    )
  })
}

it.each([
  [[], 'wanted the NFS server and the path of its share'],
  [['10.0.0.2'], 'wanted the NFS server and the path of its share'],
  [['10.0.0.2', 'astro'], 'path astro: wanted one that begins with /'],
  [['10.0.0.2', '/astro', 'night'], 'night: wanted nothing after server and path'],
  [['10.0.0.2', '/astro', '--workers', '0'], '--workers 0: wanted a whole number from 1 to 1024'],
  [['10.0.0.2', '/astro', '--workers', '2.5'], '--workers 2.5: wanted a whole number'],
  [['10.0.0.2', '/astro', '--workers', '1025'], '--workers 1025: wanted a whole number'],
  [['10.0.0.2', '/astro', '--pass-ms', '0'], '--pass-ms 0: wanted a number above 0'],
  [['10.0.0.2', '/astro', '--pass-ms', 'fast'], '--pass-ms fast: wanted a number above 0'],
  [['10.0.0.2', '/astro', '--epochs', ''], '--epochs : wanted a whole number above 0'],
  [['10.0.0.2', '/astro', '--width', 'Infinity'], '--width Infinity: wanted a number above 0'],
  [['--worker', '3'], "Unknown option '--worker'"],
])('%j is a mistake', (argv, message) => {
  expect(() => optionsFrom(argv)).toThrow(message)
})

it('tells a mistake in one line', async () => {
  expect(await start(['10.0.0.2', 'astro'])).toEqual({
    code: 2,
    out: '',
    err: 'error: path astro: wanted one that begins with /\n',
  })
})

it('tells in one line that there is no cluster', async () => {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', KUBECONFIG: '/nonexistent/config' }
  const { code, err } = await start(['10.0.0.2', '/astro', '--workers', '1', '--apply'], env)
  expect(code).toBe(42)
  expect(err).toMatch(/^error: .*\/nonexistent\/config.*\n$/m)
  expect(err).not.toMatch(/^ +at /m)
})

it('lists each option with its default', async () => {
  expect(await start(['--help'])).toEqual({ code: 0, out: usage, err: '' })
  const { server, path, help, apply, passMs, labels, ...given } = optionsFrom(['pi', '/astro'])!
  for (const [name, value] of Object.entries(given)) {
    const flag = name.replace('Ms', '-ms')
    expect(usage).toMatch(new RegExp(`^  --${flag} .*\\(default: ${value}\\)$`, 'm'))
  }
})

it('prints manifests that name the share', async () => {
  const { code, out } = await start(['10.0.0.2', '/astro', '--workers', '2'])
  expect(code).toBe(0)
  const kinds = parseAllDocuments(out).map((document) => document.toJS().kind)
  expect(kinds).toEqual(expect.arrayContaining(['Namespace', 'Job']))
  expect(out).toContain('path: /astro/models')
})
