import type { Header } from '../header/header.ts'

/** Colours of the first square of a mosaic: first row left, right, second row left, right. */
export type BayerPattern = 'RGGB' | 'BGGR' | 'GRBG' | 'GBRG'

const patterns: readonly string[] = ['RGGB', 'BGGR', 'GRBG', 'GBRG']

/**
 * The mosaic of a one-shot colour camera, as it begins at the first pixel of the first row in the file;
 * undefined for other images.
 *
 * BAYERPAT (or COLORTYP) names the pattern at the top left of the picture, shifted by XBAYROFF and
 * YBAYROFF. With ROWORDER `BOTTOM-UP` the first row in the file is the bottom of the picture: where the
 * number of rows is even its colours are those of the pattern's second row, where it is odd those of the
 * first. Without ROWORDER the file is taken to begin at the top, as capture programs write it.
 */
export function bayerPattern(header: Header): BayerPattern | undefined {
  const name = [header.getString('BAYERPAT'), header.getString('COLORTYP')]
    .map((text) => text?.toUpperCase())
    .find((text) => text !== undefined && patterns.includes(text))
  if (name === undefined) return undefined
  const height = header.getNumber('ZNAXIS2') ?? header.getNumber('NAXIS2') ?? 0
  const bottomUp = header.getString('ROWORDER')?.toUpperCase() === 'BOTTOM-UP'
  const flipped = bottomUp && height % 2 === 0
  const right = offset(header, 'XBAYROFF')
  const down = offset(header, 'YBAYROFF') + Number(flipped)
  const colour = (x: number, y: number) => name[((y + down) & 1) * 2 + ((x + right) & 1)]
  return `${colour(0, 0)}${colour(1, 0)}${colour(0, 1)}${colour(1, 1)}` as BayerPattern
}

function offset(header: Header, keyword: string): number {
  return Math.round(header.getNumber(keyword) ?? 0)
}
