import { readdirSync, readFileSync } from 'node:fs'
import * as fits from '@nebulift/fits'
import * as node from '@nebulift/fits/node'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const readme = read('README.md')

/** Names in backquotes in the first column of the table below a heading. */
function namesInTable(heading: string): string[] {
  const section = readme.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) =>
    [...row.split('|')[1]!.matchAll(/`([A-Za-z]+)`/g)].map(([, n]) => n!),
  )
}

/** Names that an index file exports, types too. */
function exportedNames(path: string): string[] {
  const lists = [...read(path).matchAll(/^export (?:type )?\{([^}]*)\}/gm)].map(([, list]) => list!)
  const own = [
    ...read(path).matchAll(/^export (?:async )?(?:function|interface|class|const|type) (\w+)/gm),
  ]
  const names = lists.flatMap((list) =>
    list.split(',').map((name) => name.replace(/\btype\b/, '').trim()),
  )
  return [...names.filter((name) => name !== ''), ...own.map(([, name]) => name!)]
}

describe('the package', () => {
  it('exports exactly what the README documents, types too', () => {
    expect(exportedNames('src/index.ts').sort()).toEqual(namesInTable('Exports').sort())
    expect(exportedNames('src/node.ts').sort()).toEqual(namesInTable('Exports for Node').sort())
  })

  it('exports these values', () => {
    expect(Object.keys(fits).sort()).toEqual([
      'FitsError',
      'Header',
      'bayerPattern',
      'bayerPlanes',
      'bufferSource',
      'encodeFits',
      'encodeHeader',
      'findImage',
      'httpSource',
      'imageHeader',
      'isFitsError',
      'luminancePlane',
      'openFits',
      'parseHeader',
      'planeCount',
      'readPixels',
      'readPlane',
      'withBlockCache',
      'withRetry',
    ])
    expect(Object.keys(node).sort()).toEqual(['fileSource', 'writeFits'])
  })

  it('runs the example of its README', async () => {
    const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
    const [, printed = ''] = /```text\n([\s\S]*?)```/.exec(readme) ?? []
    const lines: string[] = []
    const body = code
      .replace(/import \{([^}]*)\} from '@nebulift\/fits'/, 'const {$1} = fits')
      .replaceAll('console.log', 'print')
    const run = new Function('fits', 'print', `return (async () => {${body}})()`)
    await run(fits, (...values: unknown[]) => lines.push(values.join(' ')))
    expect(`${lines.join('\n')}\n`).toBe(printed)
  })

  it('keeps node modules out of all but node.ts, and depends on nothing', () => {
    const manifest = JSON.parse(read('package.json'))
    expect(manifest.dependencies).toBeUndefined()
    expect(read('src/node.ts')).toMatch(/from 'node:/)
    const folder = new URL('../src/', import.meta.url)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    for (const file of files.filter((name) => name.endsWith('.ts') && name !== 'node.ts')) {
      expect(readFileSync(new URL(file, folder), 'utf8')).not.toMatch(/'node:|\bBuffer\./)
    }
  })
})
