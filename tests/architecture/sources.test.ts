import { dirname, join } from 'node:path/posix'
import { describe, expect, it } from 'vitest'
import { exists, isLibrary, read, repositoryFiles, sourceFiles, workspaces } from '../repository.ts'
import { type ExportedName, exportedNames, parse, syntaxOf } from '../syntax.ts'

// Kernels in assembly/ may be longer: they are commented step by step instead.
const budget = {
  fileLines: 400,
  functionLines: 80,
  /** Of a published function; the rest is one options object. */
  parameters: 3,
  /** Of a function nobody outside sees: pixel code passes planes, sizes and places around. */
  privateParameters: 6,
  exportedValues: 25,
}

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

  it(`no published function takes more than ${budget.parameters} parameters`, () => {
    const wide = publishedNames().flatMap(({ file, local }) =>
      syntaxOf(file)
        .functions.filter(
          ({ name, parameters }) => name === local && parameters > budget.parameters,
        )
        .map(({ line, parameters }) => `${file}:${line} ${local}: ${parameters} parameters`),
    )
    expect(wide).toEqual([])
  })

  it(`no function takes more than ${budget.privateParameters} parameters`, () => {
    const wide = sources.flatMap((file) =>
      syntaxOf(file)
        .functions.filter(
          ({ parameters, callback }) => !callback && parameters > budget.privateParameters,
        )
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
    // A chapter (`export * as metrics from './metrics.ts'`) is a name of its own, and has its own contents.
    const other = syntaxOf(`${folder}/src/index.ts`).statements.filter(
      ({ type, source, exported }) =>
        !source ||
        !(type === 'ExportNamedDeclaration' || (type === 'ExportAllDeclaration' && exported)),
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

  // Of shapes the fields are documented; what can be called says itself what it does.
  it('every published function, class and constant says what it is', () => {
    expect(publishedNames().length).toBeGreaterThan(0)
    const bare = publishedNames().filter(({ file, local }) => !isDocumented(file, local))
    expect(bare.map(({ file, local }) => `${file}: ${local}`)).toEqual([])
  })
})

interface Declared {
  readonly file: string
  readonly local: string
}

/** Every value the workspaces publish, and the file that declares it. */
function publishedNames(): Declared[] {
  return members.flatMap(({ folder }) =>
    ['index.ts', 'node.ts']
      .map((file) => `${folder}/src/${file}`)
      .filter(exists)
      .flatMap((index) =>
        exportedNames(index)
          .filter(({ typeOnly }) => !typeOnly)
          .map((each) => declaration(index, each)),
      ),
  )
}

/** Follows a name through re-exports to the file where it is made. */
function declaration(from: string, { source, local }: ExportedName): Declared {
  const file = join(dirname(from), source)
  const handedOn = exportedNames(file).find((each) => each.name === local)
  return handedOn ? declaration(file, handedOn) : { file, local }
}

/** Whether a doc comment stands right before the declaration. */
function isDocumented(file: string, name: string): boolean {
  const { text, statements } = syntaxOf(file)
  const declared =
    /^export (?:declare )?(?:async )?(?:function\*?|const|let|class|interface|type|enum)\s+([\w$]+)/
  return statements.some(
    ({ start, end }) =>
      text.slice(start, end).match(declared)?.[1] === name &&
      text.slice(0, start).trimEnd().endsWith('*/'),
  )
}
