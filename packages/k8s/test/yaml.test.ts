import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { toYaml } from '../src/yaml.ts'
import { allManifests } from './examples.ts'
import { outputOf, toolCalled } from './tools.ts'

type Version = '1.1' | '1.2'
const versions: readonly Version[] = ['1.1', '1.2']

function readBy(version: Version, text: string): unknown[] {
  return parseAllDocuments(text, { version }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    return document.toJS()
  })
}

const reserved = [
  ...['y', 'n', 'yes', 'No', 'ON', 'off', 'true', 'False', 'null', '~', '', '<<', '='],
  ...['1', '-1', '+1', '0', '0x1F', '0o17', '017', '0b11', '1_000', '1e3', '1.5e-7', '.5', '5.'],
  ...['.inf', '-.Inf', '.NaN', '12:30', '190:20:30', '2026-11-21', '2026-11-21T12:00:00Z', '08'],
  ...['- a', '-', '?', ': a', 'a: b', 'a:', 'a #b', '#a', '&a', '*a', '!a', '|', '>', '%a', '@a'],
  ...['`a', '"a"', "'a'", '[a]', '{a}', ',', ' a', 'a ', '---', '...', '--- a', 'a\tb', '\t'],
  ...['a\nb', 'a\nb\n', 'a\n\n', '\na', ' a\nb', 'a\n b', 'a\n \nb', 'a\nb ', '\n', '\r\n', 'a\rb'],
  ...[
    '\u0000',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\u007f',
    'é',
    '星',
    '🔭',
    '-1:30',
    '1__0',
    '_1',
    '0.',
  ],
  ...['a\n#b', 'a\n---\nb', 'a\n...', '-a', '?a', ':a', 'a:b', 'a#b', '10.0.0.1', '2Gi', '0x', '+'],
]

const texts = fc.oneof(
  fc.constantFrom(...reserved),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...'01289abcefnoyxY_.:-+#{}[]&*!|>%@`,?\'"~= \n\t\\') }),
)
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    texts,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc
    .dictionary(texts, tie('value'), { maxKeys: 4 })
    // A JavaScript object has no own field of this name when written as one.
    .filter((object) => !Object.hasOwn(object, '__proto__')),
}))

const objects = fc.array(values.object as fc.Arbitrary<object>, { maxLength: 3 })

describe.each(versions)('YAML %s', (version) => {
  it('reads what was written', () =>
    fc.assert(
      fc.property(objects, (all) => {
        expect(readBy(version, toYaml(all))).toEqual(all)
      }),
      { numRuns: 1500 },
    ))

  it.each(reserved)('reads %j as a text, as key and value, in lists and maps', (text) => {
    const object = { [text]: text, list: [text, [text], { [text]: text }], map: { a: { b: text } } }
    expect(readBy(version, toYaml([object, object]))).toEqual([object, object])
  })

  it('reads every manifest', () =>
    expect(readBy(version, toYaml(allManifests))).toEqual(allManifests))
})

const python = toolCalled('python3')
const hasPythonYaml = (() => {
  try {
    return python !== undefined && outputOf(python, ['-c', 'import yaml']) === ''
  } catch {
    return false
  }
})()

it.skipIf(!hasPythonYaml)("Python's reader agrees (needs PyYAML)", () => {
  const sample = fc.sample(objects, { numRuns: 1500, seed: 4 }).flat()
  const all = [...sample, ...reserved.map((text) => ({ [text]: [text, { [text]: text }] }))]
  const script =
    'import json, sys, yaml; sys.stdin.reconfigure(encoding="utf-8")\n' +
    'json.dump(list(yaml.safe_load_all(sys.stdin.read())), sys.stdout)'
  expect(JSON.parse(outputOf(python ?? '', ['-c', script], toYaml(all)))).toEqual(all)
})

describe('quotes', () => {
  const written = (text: string) => toYaml([{ k: text }]).slice('---\nk: '.length, -1)
  const isReadAsText = (version: Version, text: string) => {
    try {
      const [read] = readBy(version, `k: ${text}\nl: 1\n`) as { k: unknown }[]
      return read?.k === text
    } catch {
      return false
    }
  }

  it('only what a reader would misread', () => {
    // Letters, digits and signs of which numbers, dates and indicators are made.
    const unit = fc.constantFrom(...'0127afenoxyTZ_.:-+#{}[]&*!|>%@`,?\'"~= ')
    // What the 1.1 of the `yaml` library reads as text, but the specification of 1.1, or PyYAML, does not.
    const stricter = /^[-+]?[0-9_.:,xobefTZ+-]*$|^(---|\.\.\.|=$)|^\d{4}-\d/i
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 6 }), (text) => {
        const plain = versions.every((version) => isReadAsText(version, text))
        if (!stricter.test(text)) expect(written(text) === text).toBe(plain)
      }),
      { numRuns: 5000 },
    )
  })

  it.each([
    ...[
      'ghcr.io/a/b:1.2',
      'kubernetes.io/arch',
      '10.0.0.1',
      '2Gi',
      '500m',
      '$(JOB_COMPLETION_INDEX)',
    ],
    ...['--epochs', '/data', 'a#b', 'http://x:80/', 'é', '星', '1.2.3', '-x', 'nfsvers=4.1', 'v1'],
  ])('not %s', (text) => expect(written(text)).toBe(text))
})

describe('the shape', () => {
  it('keeps the order of keys, indents lists, and writes texts of many lines as they are', () =>
    expect(
      toYaml([
        {
          kind: 'Job',
          apiVersion: 'batch/v1',
          none: undefined,
          empty: { list: [], map: {} },
          list: [{ a: 1, b: [true, null] }, [1, 2], 'on'],
          clip: 'a\n  b\n',
          strip: 'a\n\nb',
          keep: ['a\n\n', 'c'],
        },
        { numbers: [0.1, 1e21, -0, 1e-7] },
      ]),
    ).toBe(`---
kind: Job
apiVersion: batch/v1
empty:
  list: []
  map: {}
list:
  - a: 1
    b:
      - true
      - null
  - - 1
    - 2
  - "on"
clip: |
  a
    b
strip: |-
  a

  b
keep:
  - |+
    a

  - c
---
numbers:
  - 0.1
  - 1.0e+21
  - -0.0
  - 1.0e-7
`))

  it('is the same bytes for equal objects', () =>
    fc.assert(
      fc.property(objects, (all) => {
        expect(toYaml(structuredClone(all))).toBe(toYaml(all))
      }),
    ))

  it.each([
    [{ a: Number.NaN }, 'YAML: got NaN, wanted a text, number, list or object'],
    [{ a: [undefined] }, 'YAML: got undefined, wanted a text, number, list or object'],
    [{ a: '\ud800' }, 'YAML: "\\ud800" holds half of a character'],
  ])('refuses %j', (object, message) =>
    expect(() => toYaml([object])).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message }),
    ),
  )
})
