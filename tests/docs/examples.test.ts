import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fences, keepsPromise, promisedOutput } from '../markdown.ts'
import { exists, published, read, root } from '../repository.ts'
import { run } from '../run.ts'

const pages = ['README.md', ...published().map(({ folder }) => `${folder}/README.md`)]

// Inside the workspace, so that package names mean the sources; ignored by Git, gone afterwards.
const home = join(import.meta.dirname, '.vitest')
let scratch: string

const exampleIn = (page: string) =>
  exists(page) ? fences(read(page)).find(({ language }) => language === 'ts') : undefined

/** What the page shows right after its example as the output, in a block of its own. */
function outputBlock(page: string): string[] {
  const blocks = fences(read(page))
  const next = blocks[blocks.findIndex(({ language }) => language === 'ts') + 1]
  return next?.language === 'text' ? [next.text] : []
}

const fileOf = (page: string) => `${page.replaceAll('/', '-').replace(/\.md$/, '')}.ts`

beforeAll(() => {
  mkdirSync(home, { recursive: true })
  scratch = mkdtempSync(join(home, 'examples-'))
})

afterAll(() => rmSync(home, { recursive: true, force: true }))

describe.each(pages)('the example of %s', (page) => {
  const example = exampleIn(page)

  it('is there', () => expect(example, `${page} shows no \`\`\`ts example`).toBeDefined())

  it('is short', () => {
    const lines = (example?.text ?? '').split('\n').filter((line) => line.trim() !== '')
    expect(lines.length).toBeGreaterThan(2)
    expect(lines.length).toBeLessThanOrEqual(25)
  })

  it('runs, and prints what the page promises', async () => {
    if (!example) throw new Error(`${page} shows no \`\`\`ts example`)
    const folder = mkdtempSync(join(scratch, 'run-'))
    const flags = ['--conditions=@nebulift/source', '--input-type=module-typescript', '-']
    const outcome = await run(process.execPath, flags, { cwd: folder, input: example.text })
    expect(outcome.code, outcome.stderr).toBe(0)
    const promised = [...promisedOutput(example.text), ...outputBlock(page)]
    expect(promised.length, `${page} shows no output (\`// → …\` or a text block)`).toBeGreaterThan(
      0,
    )
    expect(keepsPromise(outcome.stdout, promised), `${page} prints\n${outcome.stdout}`).toBe(true)
  })
})

it('the examples are good TypeScript', async () => {
  const shown = pages.filter((page) => exampleIn(page))
  expect(shown.length).toBeGreaterThan(0)
  const folder = mkdtempSync(join(scratch, 'types-'))
  for (const page of shown) writeFileSync(join(folder, fileOf(page)), exampleIn(page)?.text ?? '')
  const up = '../'.repeat(5)
  const compilerOptions = {
    ...{ noEmit: true, composite: false, incremental: false, allowImportingTsExtensions: true },
    // An example may trust that what it just made is there.
    ...{ strict: false, exactOptionalPropertyTypes: false, noUnusedLocals: false },
  }
  const config = { extends: `${up}tsconfig.base.json`, compilerOptions, include: ['.'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { code, stdout } = await run(process.execPath, [tsc, '-p', folder], { cwd: root })
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
})

describe('a promise of output', () => {
  const code =
    'console.log(1) // → 1\nconsole.log({ a: 2, b: 3 })\n// → { a: 2,\n//     b: … }\n// and so on'

  it('is read from the comments', () =>
    expect(promisedOutput(code)).toEqual(['1', '{ a: 2, b: … }']))

  it('is kept to the letter, but for white space and …', () => {
    expect(keepsPromise('1\n{ a: 2,\n  b: 3 }\n', promisedOutput(code))).toBe(true)
    expect(keepsPromise('2\n{ a: 2, b: 3 }\n', promisedOutput(code))).toBe(false)
    expect(keepsPromise('1\n{ a: 2, b: 3 }\nmore\n', promisedOutput(code))).toBe(false)
    expect(keepsPromise('1\n', promisedOutput(code))).toBe(false)
  })
})
