import { describe, expect, it } from 'vitest'
import { version } from '../../src/version.ts'
import { nebulift } from '../helpers.ts'

const commands = [
  'inspect',
  'preview',
  'analyze',
  'batch',
  'review',
  'undo',
  'simulate',
  'validate',
  'demo',
]

describe('help', () => {
  it('lists every command', async () => {
    const { code, out } = await nebulift(['--help'])
    expect(code).toBe(0)
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'))
    expect(out).toContain('$ nebulift batch')
  })

  it.each(commands)('of %s has an example and the global options', async (command) => {
    const { code, out, err } = await nebulift([command, '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(new RegExp(`Example:\\n  \\$ nebulift ${command}`))
    expect(out).toContain('--verbose')
    expect(out).toContain('--log <form>')
    expect(out).toContain('--no-color')
  })

  it('is what nebulift help prints as well', async () => {
    expect(await nebulift(['help'])).toEqual(await nebulift(['--help']))
    for (const command of [['batch'], ['help'], ['dataset', 'build']]) {
      const asked = await nebulift(['help', ...command])
      expect(asked).toEqual(await nebulift([...command, '--help']))
      expect(asked.code).toBe(0)
    }
  })

  it('prints the version', async () => {
    expect(await nebulift(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
  })
})

describe('wrong usage is one line, a hint, and exit code 2', () => {
  it.each([
    [['batch', 'in', 'out', '--nonsense'], "unknown option '--nonsense'"],
    [['batch', 'in'], "missing required argument 'out'"],
    [['batch', 'in', 'out', '--jobs', 'many'], 'Wanted a whole number from 1 to 256.'],
    [['batch', 'in', 'out', '--jobs', '0'], 'Wanted a whole number from 1 to 256.'],
    [['batch', 'in', 'out', '--action', 'burn'], 'Allowed choices are report, link, copy, move.'],
    [['analyze'], "missing required argument 'file'"],
    [['preview', 'a.fits', '-o', 'a.jpg'], 'Wanted a name that ends in .png.'],
    [['preview', 'a.fits', '-o', 'png'], 'Wanted a name that ends in .png.'],
    [['simulate', 'out', '--size', '12'], 'Wanted WIDTHxHEIGHT in pixels, each at least 64.'],
    [['simulate', 'out', '--frames', '1.5'], 'Wanted a whole number from 1 to 100000.'],
    [['simulate', 'out', '--seed', '-3'], 'Wanted a whole number from 0.'],
    [['bacth'], "unknown command 'bacth'"],
    [['help', 'bacth'], "unknown command 'bacth'"],
    [['help', 'dataset', 'biuld'], "unknown command 'biuld'"],
    [['--log', 'xml', 'validate'], 'Allowed choices are text, json.'],
  ])('%j', async (argv, message) => {
    const { code, out, err } = await nebulift(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toMatch(/Hint: see nebulift .*--help/)
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(3)
  })

  it('shows the help where nothing is asked', async () => {
    const { code, err } = await nebulift([])
    expect(code).toBe(2)
    expect(err).toContain('Usage: nebulift')
  })
})
