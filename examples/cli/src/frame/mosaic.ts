import type { Header, Plane } from '@nebulift/fits'

/** How a frame is known to be the mosaic of a colour sensor. */
export type MosaicSource = 'header' | 'pixels'

/** Pairs of rows that are looked at, and squares of 2 x 2 pixels in each: enough for 1 % of the noise. */
const bandCount = 32
const squaresPerBand = 256

/** Fewer squares than this tell nothing. */
const fewestSquares = 400

/** Colours differ by at least this share of one pixel's noise ... */
const leastContrast = 0.2

/** ... and by this many times the error of their means: noise alone never gets there. */
const leastSignificance = 8

/** Of two greens the difference is at most this share of that of the other colours. */
const mostGreenShare = 0.25

/** Whether the header speaks about a mosaic at all; then the pixels are not asked. */
export function headerTellsMosaic(header: Header): boolean {
  return header.has('BAYERPAT') || header.has('COLORTYP')
}

/** First rows of the pairs of rows that `looksLikeMosaic` wants of a picture this high. */
export function mosaicBands(height: number): readonly number[] {
  const pairs = Math.floor(height / 2)
  const count = Math.min(bandCount, pairs)
  return Array.from({ length: count }, (_, i) => 2 * Math.floor(((i + 0.5) * pairs) / count))
}

/**
 * Whether pixels lie behind a Bayer matrix: on one diagonal of the squares of 2 x 2 pixels both are alike (the greens), and
 * each of the others differs from them. Uneven rows and columns of a monochrome sensor are no mosaic: they
 * add up to the same on both diagonals. Bands are pairs of rows that begin on an even one.
 */
export function looksLikeMosaic(bands: readonly Plane[]): boolean {
  const [a, b, c, d] = sampleSquares(bands)
  if (a.length < fewestSquares) return false
  return areGreens([a, d], [b, c]) || areGreens([b, c], [a, d])
}

type Squares = readonly [number[], number[], number[], number[]]
type Diagonal = readonly [readonly number[], readonly number[]]

/** Pixels of squares spread over the bands, by their place in the square; squares with a NaN are left out. */
function sampleSquares(bands: readonly Plane[]): Squares {
  const squares: Squares = [[], [], [], []]
  for (const { data, width } of bands) {
    const across = Math.floor(width / 2)
    const count = Math.min(squaresPerBand, across)
    for (let i = 0; i < count; i++) {
      const x = 2 * Math.floor(((i + 0.5) * across) / count)
      const values = [data[x]!, data[x + 1]!, data[width + x]!, data[width + x + 1]!]
      if (!values.every(Number.isFinite)) continue
      for (const [place, value] of values.entries()) squares[place]!.push(value)
    }
  }
  return squares
}

function areGreens([g1, g2]: Diagonal, [p, q]: Diagonal): boolean {
  // Differences within a square: slopes of the sky, nebulae and most stars fall out.
  const green = g1.map((value, i) => (value + g2[i]!) / 2)
  const between = clippedMean(g1.map((value, i) => value - g2[i]!))
  const first = clippedMean(p.map((value, i) => value - green[i]!))
  const second = clippedMean(q.map((value, i) => value - green[i]!))
  const both = clippedMean(p.map((value, i) => (value + q[i]!) / 2 - green[i]!))
  const noise = between.sigma / Math.SQRT2
  const differ = ({ mean, error }: Mean) =>
    Math.abs(mean) >= leastContrast * noise && Math.abs(mean) >= leastSignificance * error
  const contrast = Math.min(Math.abs(first.mean), Math.abs(second.mean))
  const alike = Math.abs(between.mean) <= Math.max(3 * between.error, mostGreenShare * contrast)
  return noise > 0 && alike && differ(first) && differ(second) && differ(both)
}

interface Mean {
  readonly mean: number
  readonly sigma: number
  readonly error: number
}

/** Mean of what lies within four sigma of the median: stars and cosmic rays do not count, and it is finer than whole ADU. */
function clippedMean(values: readonly number[]): Mean {
  const median = medianOf(values)
  const reach = 4 * 1.4826 * medianOf(values.map((value) => Math.abs(value - median)))
  const kept = values.filter((value) => Math.abs(value - median) <= reach)
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length
  const variance = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length
  return { mean, sigma: Math.sqrt(variance), error: Math.sqrt(variance / kept.length) }
}

function medianOf(values: readonly number[]): number {
  return Float64Array.from(values).sort()[values.length >> 1]!
}
