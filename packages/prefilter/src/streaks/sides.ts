import { type Band, crossProfile } from './band.ts'

/**
 * Subtracts the surroundings: their mean in the quiet lanes on each side beyond `innerPx`, smoothed along the
 * path and joined across it by a straight line.
 */
export function subtractSides(band: Band, innerPx: number, windowPx: number): Band {
  const { blocks, lanes, halfLanes, sums, counts } = band
  const quiet = quietLanes(band, innerPx)
  const sides = [
    sideLevels(band, windowPx, (lane) => quiet[lane]! && lane < halfLanes),
    sideLevels(band, windowPx, (lane) => quiet[lane]! && lane > halfLanes),
  ] as const
  const out = new Float32Array(sums.length)
  for (let block = 0; block < blocks; block++) {
    const [left, right] = sides.map((side) => side(block)) as [Level, Level]
    const both = left.pixels > 0 && right.pixels > 0
    const one = left.pixels > 0 ? left : right
    const slope = both ? (right.level - left.level) / (right.lane - left.lane) : 0
    for (let lane = 0; lane < lanes; lane++) {
      const at = block * lanes + lane
      out[at] = sums[at]! - (one.level + slope * (lane - one.lane)) * counts[at]!
    }
  }
  return { ...band, sums: out }
}

interface Level {
  readonly level: number
  readonly lane: number
  readonly pixels: number
}

/** Mean level and lane of some lanes over a window of blocks around each block, by running sums. */
function sideLevels(band: Band, windowPx: number, uses: (lane: number) => boolean) {
  const { blocks, lanes, sums, counts } = band
  const light = new Float64Array(blocks + 1)
  const pixels = new Float64Array(blocks + 1)
  const places = new Float64Array(blocks + 1)
  const used = Array.from({ length: lanes }, (_, lane) => lane).filter(uses)
  for (let block = 0; block < blocks; block++) {
    let sum = 0
    let count = 0
    let place = 0
    for (const lane of used) {
      const at = block * lanes + lane
      sum += sums[at]!
      count += counts[at]!
      place += counts[at]! * lane
    }
    light[block + 1] = light[block]! + sum
    pixels[block + 1] = pixels[block]! + count
    places[block + 1] = places[block]! + place
  }
  const half = Math.max(1, Math.round(windowPx / band.blockPx / 2))
  return (block: number): Level => {
    const from = Math.max(0, block - half)
    const to = Math.min(blocks, block + half + 1)
    const count = pixels[to]! - pixels[from]!
    if (count === 0) return { level: 0, lane: 0, pixels: 0 }
    return {
      level: (light[to]! - light[from]!) / count,
      lane: (places[to]! - places[from]!) / count,
      pixels: count,
    }
  }
}

/** Lanes beyond `innerPx` without a neighbouring trail in them. */
export function quietLanes(band: Band, innerPx: number): boolean[] {
  const { mean, pixels } = crossProfile(band)
  const outer = Array.from(
    mean,
    (_, lane) => Math.abs(lane - band.halfLanes) * band.lanePx >= innerPx && pixels[lane]! > 0,
  )
  const values = mean.filter((_, lane) => outer[lane]).sort()
  if (values.length < 5) return outer
  const middle = values[values.length >> 1]!
  const lower = middle - values[Math.floor(values.length * 0.16)]!
  return outer.map(
    (is, lane) => is && mean[lane]! <= middle + 3 * lower + 3 / Math.sqrt(pixels[lane]!),
  )
}
