import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { readYaml } from '../../src/node/yaml.ts'

/** Maps, lists, texts, yes and no: all that kubeconfigs hold. */
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      'a: b',
      '- x',
      '# no',
      'yes # no',
      '',
      ' ',
      'null',
      'true',
      '~',
      '1',
      "it's",
      '"',
      'a\nb\n',
      'a\n\n',
      '\t',
    ),
    fc.lorem({ maxCount: 40 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string()), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value

describe('YAML of kubeconfigs', () => {
  it('written by another program is read as it was meant', () => {
    const styles = fc.constantFrom(
      { lineWidth: 0 },
      { lineWidth: 0, indentSeq: false },
      { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE' as const },
      { lineWidth: 0, defaultStringType: 'QUOTE_SINGLE' as const, singleQuote: true },
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), values, { noNullPrototype: true }),
        styles,
        (value, style) => {
          const text = stringify(value, { ...style, aliasDuplicateObjects: false })
          let read: unknown
          try {
            read = readYaml(text, 'file')
          } catch (error) {
            // Refusing is allowed, misreading is not; what is refused is counted by the test below.
            expect((error as Error).message).toMatch(/^file: line \d+: /)
            return
          }
          expect(read).toEqual(parse(text))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('of the usual kind is never refused', () => {
    const words = fc.stringMatching(/^[A-Za-z0-9/][A-Za-z0-9@._:/=+-]{0,40}$/)
    const entry = fc.record({
      name: words,
      user: fc.record({ token: words, args: fc.array(words), hint: fc.lorem() }),
    })
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1 }), fc.boolean(), (users, indentSeq) => {
        const text = stringify({ apiVersion: 'v1', users }, { indentSeq, lineWidth: 80 })
        expect(readYaml(text, 'file')).toEqual(parse(text, { schema: 'failsafe' }))
      }),
    )
  })

  it.each([
    [
      'plain texts over several lines',
      'hint: install it\n  from there # now\nb: c',
      { hint: 'install it from there', b: 'c' },
    ],
    [
      'literal blocks',
      'a: |\n  one\n    two\n\nb: |-\n  x\nc: |+\n  y\n\n',
      { a: 'one\n  two\n', b: 'x', c: 'y\n\n' },
    ],
    ['folded blocks', 'a: >\n  one\n  two\n\n  three\n', { a: 'one two\nthree\n' }],
    [
      'flow',
      'a: {b: [c, "d e", true], f: null}\ng: []\nh: {}',
      { a: { b: ['c', 'd e', true], f: null }, g: [], h: {} },
    ],
    [
      'lists at the level of their key',
      'a:\n- b: 1\n  c: 2\n- - x\n  - y\n',
      { a: [{ b: '1', c: '2' }, ['x', 'y']] },
    ],
    ['comments and a first line of dashes', '---\n# a\na: b # c\n', { a: 'b' }],
    ['JSON', '{"a": {"b": ["c"]}}', { a: { b: ['c'] } }],
    ['escapes', 'a: "\\u00e9\\x41\\n\\U0001F52D"', { a: 'éA\n🔭' }],
    ['nothing', '# only this\n', null],
  ])('reads %s', (_, text, value) => expect(readYaml(text, 'file')).toEqual(value))

  it.each([
    [
      'anchors',
      'a: &x b',
      'file: line 1: & is YAML that kubeconfigs have no need of, and is not read',
    ],
    ['aliases', 'a: b\nc: *x', 'file: line 2: * is YAML'],
    ['tags', 'a: !!str b', 'file: line 1: ! is YAML'],
    ['a key twice', 'a: b\na: c', 'file: line 2: the key a is there twice'],
    ['tabs', 'a:\n\tb: c', 'file: line 2: a tab cannot indent'],
    ['two documents', 'a: b\n---\nc: d', 'file: line 2: a key and a colon are wanted'],
    ['no key', 'a: b\nnonsense', 'file: line 2: a key and a colon are wanted'],
    ['wrong indentation', 'a: b\n  c: d', 'file: line 2: indented further than what it belongs to'],
    ['unclosed quotes', 'a: "b', 'file: line 1: not understood'],
    ['text after quotes', 'a: "b" c', 'file: line 1: text after the end of the value'],
    ['unclosed lists', 'a: [b', 'file: line 1: '],
    ['unknown escapes', 'a: "\\q"', 'file: line 1: the escape \\q is not known'],
    ['colons within', 'a: b: c', 'file: line 1: a colon within a value: quote it'],
    ['bad JSON', '{"a": ', 'file: not JSON: '],
  ])('refuses %s', (_, text, message) => {
    expect(() => readYaml(text, 'file')).toThrow(message)
  })
})
