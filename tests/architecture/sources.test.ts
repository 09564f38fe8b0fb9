import { dirname, join } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import { exists, isLibrary, read, repositoryFiles, sourceFiles, workspaces } from '../repository.ts'
import { exportedNames, parse, syntaxOf } from '../syntax.ts'

// Kernels in assembly/ may be longer: they are commented step by step instead.
const budget = { fileLines: 400, functionLines: 80, parameters: 3, exportedValues: 25 }

const members = workspaces().filter(({ folder }) => exists(`${folder}/src/index.ts`))
const libraries = members.filter(isLibrary)
const sources = members.flatMap(({ folder }) => sourceFiles(folder))
const unpublished = repositoryFiles().filter((path) => /^(benchmarks|tests)\/.*\.ts$/.test(path))

describe('budgets', () => {
  it('has sources to measure', () => expect(sources.length).toBeGreaterThan(0))

  it(`no file is longer than ${budget.fileLines} lines`, () => {
    const long = [...sources, ...unpublished]
      .map((file) => ({ file, lines: syntaxOf(file).lines }))
      .filter(({ lines }) => lines > budget.fileLines)
    expect(long).toEqual([])
  })

  it(`no function is longer than ${budget.functionLines} lines`, () => {
    const long = sources.flatMap((file) =>
      syntaxOf(file)
        .functions.filter(({ lines }) => lines > budget.functionLines)
        .map(({ name, line, lines }) => `${file}:${line} ${name}: ${lines} lines`),
    )
    expect(long).toEqual([])
  })

  it(`no function takes more than ${budget.parameters} parameters: the rest is one options object`, () => {
    const wide = sources.flatMap((file) =>
      syntaxOf(file)
        .functions.filter(({ parameters, callback }) => parameters > budget.parameters && !callback)
        .map(({ name, line, parameters }) => `${file}:${line} ${name}: ${parameters} parameters`),
    )
    expect(wide).toEqual([])
  })

  it('measures what it says', () => {
    const text =
      'class A {\n  m(a, b) {\n    return 1\n  }\n}\nconst f = (a, { b }) =>\n  a\nx.map((a, b, c, d) => a)\n'
    const [method, arrow, callback] = parse(text, 'ts').functions
    expect(method).toMatchObject({ name: 'm', line: 2, lines: 3, parameters: 2, callback: false })
    expect(arrow).toMatchObject({ name: 'f', lines: 2, parameters: 2, callback: false })
    expect(callback).toMatchObject({ parameters: 4, callback: true })
  })
})

describe('index.ts is a table of contents', () => {
  it.each(members)('$folder: explicit re-exports only', ({ folder }) => {
    const other = syntaxOf(`${folder}/src/index.ts`).statements.filter(
      ({ type, source }) => type !== 'ExportNamedDeclaration' || !source,
    )
    expect(other.map(({ type }) => type)).toEqual([])
  })

  it.each(members)(`$folder: at most ${budget.exportedValues} values`, ({ folder }) => {
    const values = exportedNames(`${folder}/src/index.ts`).filter(({ typeOnly }) => !typeOnly)
    expect(values.length).toBeGreaterThan(0)
    expect(values.length).toBeLessThanOrEqual(budget.exportedValues)
  })
})

describe('sources', () => {
  it('export by name only', () => {
    const defaults = sources.filter((file) =>
      syntaxOf(file).statements.some(({ type }) => type === 'ExportDefaultDeclaration'),
    )
    expect(defaults).toEqual([])
  })

  it('of libraries never log', () => {
    const logging = libraries
      .flatMap(({ folder }) => sourceFiles(folder))
      .filter((file) => /\bconsole\.|process\.std(out|err)/.test(syntaxOf(file).text))
    expect(logging).toEqual([])
  })

  it('carry no left-overs', () => {
    // Spelled so that this file does not find itself.
    const leftOver = new RegExp(
      [
        'console\\.(log|debug)\\(',
        'debugger\\b',
        '\\bTO' + 'DO\\b',
        '\\bFIX' + 'ME\\b',
        '\\bXX' + 'X\\b',
      ].join('|'),
    )
    expect(sources.filter((file) => leftOver.test(syntaxOf(file).text))).toEqual([])
  })

  it('and no test is focused or switched off', () => {
    const tests = repositoryFiles().filter((path) => path.endsWith('.test.ts'))
    // `it.skipIf(…)` and `context.skip('why')` say why; a bare `.skip(` or `.only(` does not.
    const switched = new RegExp('\\b(it|test|describe)\\.(on' + 'ly|sk' + 'ip|to' + 'do)\\b')
    expect(tests.length).toBeGreaterThan(0)
    expect(tests.filter((file) => switched.test(read(file)))).toEqual([])
  })

  it('every published name says what it is', () => {
    const bare = members.flatMap(({ folder }) =>
      ['index.ts', 'node.ts']
        .filter((file) => exists(`${folder}/src/${file}`))
        .flatMap((file) => undocumented(`${folder}/src/${file}`)),
    )
    expect(bare).toEqual([])
  })
})

/** Names that `index` hands on from files where no doc comment stands before them. */
function undocumented(index: string): string[] {
  return exportedNames(index)
    .filter(({ source, local }) => source.startsWith('./') && !isDocumented(index, source, local))
    .map(({ source, local }) => `${source}: ${local}`)
}

function isDocumented(index: string, source: string, name: string): boolean {
  const file = join(dirname(index), source)
  const handedOn = exportedNames(file).find((each) => each.name === name)
  if (handedOn) return isDocumented(file, handedOn.source, handedOn.local)
  const { text, statements } = syntaxOf(file)
  const declaration =
    /^export (?:declare )?(?:async )?(?:function\*?|const|let|class|interface|type|enum)\s+([\w$]+)/
  return statements.some(
    ({ start, end }) =>
      text.slice(start, end).match(declaration)?.[1] === name &&
      text.slice(0, start).trimEnd().endsWith('*/'),
  )
}
