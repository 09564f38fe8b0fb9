import { describe, expect, it } from 'vitest'
import { nebulift } from '../helpers.ts'

describe('help of nebulift dataset', () => {
  it('lists its commands', async () => {
    const { code, out } = await nebulift(['dataset', '--help'])
    expect(code).toBe(0)
    for (const name of ['build', 'simulate', 'stats', 'export'])
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  it.each(['build', 'simulate', 'stats', 'export'])('%s has an example', async (name) => {
    const { code, out, err } = await nebulift(['dataset', name, '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(new RegExp(`Example:\\n  \\$ nebulift dataset ${name} `))
    expect(out).toContain('--json')
    expect(out).toContain('--log <form>')
  })

  it('is shown where nothing is asked', async () => {
    const { code, err } = await nebulift(['dataset'])
    expect(code).toBe(2)
    expect(err).toContain('Usage: nebulift dataset')
  })
})
