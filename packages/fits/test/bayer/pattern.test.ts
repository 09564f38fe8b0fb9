import { type BayerPattern, bayerPattern, Header } from '@nebulift/fits'
import { describe, expect, it } from 'vitest'

const patterns: readonly BayerPattern[] = ['RGGB', 'BGGR', 'GRBG', 'GBRG']

/**
 * The colours of the first square in the file, from the picture: `name` stands at its top left, shifted by
 * the offsets; rows are in the file from the top or from the bottom.
 */
function byDefinition(
  name: string,
  right: number,
  down: number,
  bottomUp: boolean,
  height: number,
) {
  const colour = (x: number, row: number) => {
    const y = bottomUp ? height - 1 - row : row
    return name[((y + down) % 2) * 2 + ((x + right) % 2)]
  }
  return [colour(0, 0), colour(1, 0), colour(0, 1), colour(1, 1)].join('')
}

describe('bayerPattern', () => {
  it('follows offsets and row order, for even and odd heights', () => {
    for (const name of patterns) {
      for (const right of [0, 1, 2]) {
        for (const down of [0, 1, 3]) {
          for (const order of [undefined, 'TOP-DOWN', 'BOTTOM-UP']) {
            for (const height of [10, 11]) {
              const header = new Header([
                ['NAXIS2', height],
                ['BAYERPAT', name],
                ['XBAYROFF', right],
                ['YBAYROFF', down],
                ['ROWORDER', order],
              ])
              const wanted = byDefinition(name, right, down, order === 'BOTTOM-UP', height)
              expect(bayerPattern(header)).toBe(wanted)
            }
          }
        }
      }
    }
  })

  it('reads COLORTYP, lower case and the height of a compressed image', () => {
    expect(bayerPattern(new Header([['COLORTYP', 'gbrg ']]))).toBe('GBRG')
    const compressed = new Header([
      ['NAXIS2', 7],
      ['ZNAXIS2', 10],
      ['BAYERPAT', 'RGGB'],
      ['ROWORDER', 'bottom-up'],
    ])
    expect(bayerPattern(compressed)).toBe('GBRG')
  })

  it('is undefined for other images', () => {
    expect(bayerPattern(new Header())).toBeUndefined()
    expect(
      bayerPattern(
        new Header([
          ['BAYERPAT', 'TRUE'],
          ['COLORTYP', 'MONO'],
        ]),
      ),
    ).toBeUndefined()
    expect(
      bayerPattern(
        new Header([
          ['BAYERPAT', 'NONE'],
          ['COLORTYP', 'BGGR'],
        ]),
      ),
    ).toBe('BGGR')
  })
})
