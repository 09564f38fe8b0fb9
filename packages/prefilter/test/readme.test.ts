import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('exports exactly what the README documents', () => {
  const section = read('../README.md').split('## Exports')[1]!.split('\n## ')[0]!
  const documented = [...section.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  )
  const exported = [...read('../src/index.ts').matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(
    ([, names]) =>
      names!
        .split(',')
        .map((name) => name.replace('type', '').trim())
        .filter(Boolean),
  )
  expect(documented.sort()).toEqual(exported.sort())
})
