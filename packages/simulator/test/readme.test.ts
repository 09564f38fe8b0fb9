import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as simulator from '../src/index.ts'

const folder = new URL('../', import.meta.url)
const readme = readFileSync(new URL('README.md', folder), 'utf8')
const source = (name: string) => readFileSync(new URL(`src/${name}`, folder), 'utf8')

/** Names in the first column of the table under a heading. */
function namesInTable(heading: string): string[] {
  const section = readme.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!
  return [...section.matchAll(/^\| `(\w+)/gm)].map((match) => match[1]!).sort()
}

describe('README', () => {
  it('lists every export, and nothing else', () => {
    const lists = [...source('index.ts').matchAll(/export (type )?\{([^}]*)\}/g)]
    const types = lists.flatMap(([, typeOnly, names = '']) =>
      names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '' && (typeOnly || name.startsWith('type ')))
        .map((name) => name.replace('type ', '')),
    )
    expect(namesInTable('Exports')).toEqual([...Object.keys(simulator), ...types].sort())
  })

  it('shows an example that prints what it says', () => {
    const code = /```ts\n([\s\S]*?)```/.exec(readme)![1]!
    const names = /import \{(.*)\} from '@nebulift\/simulator'/.exec(code)![1]!
    const printed: string[] = []
    const log = (...values: unknown[]) => printed.push(values.map(String).join(' '))
    const run = new Function(
      'simulator',
      'console',
      `const {${names}} = simulator\n${code.replace(/^import .*$/m, '')}`,
    )
    run(simulator, { log })
    const promised = [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]!)
    expect(promised.length).toBeGreaterThan(0)
    expect(printed).toEqual(promised)
  })
})
