import { dirname, join } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import { anchors, commandLines, relativeLinks } from '../markdown.ts'
import {
  exists,
  type Manifest,
  published,
  read,
  readJson,
  repositoryFiles,
  root,
} from '../repository.ts'
import { run } from '../run.ts'
import { exportedNames } from '../syntax.ts'

const pages = repositoryFiles().filter(
  (path) => path.endsWith('.md') && !path.endsWith('CHANGELOG.md'),
)
const scripts = Object.keys(readJson<Manifest>('package.json').scripts ?? {})

describe.each(pages)('%s', (page) => {
  it('links to what is there', () => {
    const broken = relativeLinks(read(page)).filter(({ target, anchor }) => {
      const path = target === '' ? page : join(dirname(page), target)
      if (!exists(path)) return true
      return anchor !== '' && path.endsWith('.md') && !anchors(path).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it('names scripts that exist', () => {
    const named = commandLines(read(page))
      .map((line) => line.match(/\bnpm (?:run (?:--?[\w-]+ )*([\w:-]+)|(test)\b)/))
      .flatMap((match) => match?.[1] ?? match?.[2] ?? [])
    expect(named.filter((name) => !scripts.includes(name))).toEqual([])
  })

  it('names commands and flags that exist', async () => {
    const wrong: string[] = []
    for (const { line, name, flags } of commandsIn(read(page))) {
      const help = await helpOf(name)
      const known = (flag: string) => new RegExp(`(^|[\\s,])${flag}(?![\\w-])`, 'm').test(help)
      if (help === '' || !flags.every(known)) wrong.push(line)
    }
    expect(wrong).toEqual([])
  })
})

interface Command {
  readonly line: string
  readonly name: string
  readonly flags: readonly string[]
}

/** Each `nebulift <command> …` a page tells its reader to type. */
function commandsIn(markdown: string): Command[] {
  return commandLines(markdown).flatMap((line) => {
    const match = line.match(
      /^(?:npx (?:-y )?)?nebulift ((?:(?:dataset|k8s) )?[a-z][\w-]*)([^#|>&]*)/,
    )
    const flags = [...(match?.[2] ?? '').matchAll(/(?:^|\s)(--?[a-zA-Z][\w-]*)/g)].map(
      (m) => m[1] ?? '',
    )
    return match ? [{ line, name: match[1] ?? '', flags }] : []
  })
}

const helps = new Map<string, Promise<string>>()

/** The help of a command, or of one inside `dataset`; empty where there is no such command. */
function helpOf(name: string): Promise<string> {
  const known = helps.get(name)
  if (known) return known
  const main = 'examples/cli/src/main.ts'
  const args = ['--conditions=@nebulift/source', main]
  const words = name.split(' ')
  const inside = [...args, ...words.slice(0, -1), '--help']
  const help = run(process.execPath, inside, { cwd: root }).then(async ({ stdout }) => {
    if (!new RegExp(`^\\s+${words.at(-1)}\\b`, 'm').test(stdout)) return ''
    return (await run(process.execPath, [...args, ...words, '--help'], { cwd: root })).stdout
  })
  helps.set(name, help)
  return help
}

describe.each(published())('the README of $manifest.name', ({ folder }) => {
  it('names everything the package exports', () => {
    const readme = read(`${folder}/README.md`)
    const indexes = ['index.ts', 'node.ts'].map((file) => `${folder}/src/${file}`).filter(exists)
    const names = indexes
      .flatMap(exportedNames)
      .filter(({ typeOnly }) => !typeOnly)
      .map(({ name }) => name)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !new RegExp(`\`[^\`\\n]*\\b${name}\\b`).test(readme))).toEqual([])
  })
})
