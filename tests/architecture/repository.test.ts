import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exists, published, read, repositoryFiles, root } from '../repository.ts'

// Beyond the design's own folders only what a tool or GitHub requires at the top.
const expected = new Set([
  ...['packages', 'examples', 'benchmarks', 'tests', 'tools'],
  ...['.changeset', '.ci', '.github'],
  ...['package.json', 'package-lock.json', 'nx.json', 'tsconfig.base.json'],
  ...['vitest.config.ts', 'biome.json', '.gitignore'],
  ...['README.md', 'LICENSE', 'CONTRIBUTING.md', 'ARCHITECTURE.md'],
])

describe('the repository', () => {
  const files = repositoryFiles()

  it('has nothing unexpected at the top', () => {
    const found = new Set(files.map((path) => path.split('/')[0] ?? path))
    expect([...found].filter((name) => !expected.has(name))).toEqual([])
    expect([...expected].filter((name) => !found.has(name))).toEqual([])
  })

  it('holds no built, packed or large file', () => {
    const limit = 512 * 1024
    expect(files.filter((path) => /\.(tgz|tsbuildinfo|wasm|log)$|(^|\/)dist\//.test(path))).toEqual(
      [],
    )
    // The classifier that comes along with the command: trained, it cannot be built.
    const trained = 'examples/cli/model/frames.int8.onnx'
    const large = files.filter(
      (path) => path !== trained && statSync(join(root, path)).size > limit,
    )
    expect(large).toEqual([])
  })

  it('says the licence in LICENSE', () => expect(read('LICENSE')).toMatch(/^MIT License/))
})

// A program is as accurate and fast as what it calls; the simulator is its own truth.
const comparable = (folder: string) => /^packages\/(?!simulator)/.test(folder)

describe('README of', () => {
  it.each(published())('$folder has what a newcomer looks for', ({ folder, manifest }) => {
    expect(exists(`${folder}/README.md`), `${folder}/README.md`).toBe(true)
    const text = read(`${folder}/README.md`)
    expect(text.split('\n')[0]).toMatch(/^# /)
    expect(text).toMatch(
      new RegExp(`npm (i|install)( -g)? ${manifest.name}\\b|npx ${manifest.name}\\b`),
    )
    expect(text).toMatch(/^```ts$/m)
    expect(text).toMatch(/^\|.*\|$/m)
    const headings = [...text.matchAll(/^#{2,3} (.+)$/gm)].map((match) => match[1] ?? '')
    const wanted = {
      table: /api|exports|reference|library/i,
      limits: /limit|not do|does not/i,
      ...(comparable(folder) && {
        accuracy: /accura|against|agree|checked|proof|how good/i,
        speed: /speed|fast|performance|cost/i,
      }),
    }
    const missing = Object.entries(wanted).filter(([, like]) => !headings.some((h) => like.test(h)))
    expect(missing.map(([section]) => section)).toEqual([])
  })
})
