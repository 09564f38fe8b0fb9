import { type Star, StarFlag } from './catalog.ts'

/** Stars with centres closer than this share of the typical width are one. */
const sameShare = 0.5
const closestPx = 1.2
/** Within an object this many times wider, a star is a piece of it. */
const pieceRatio = 3
/** A neighbour within this many widths spoils the measures, if it is not much fainter. */
const blendedFwhm = 2
const faintShare = 0.05

/**
 * Drops stars that came out at the same place as a more significant one and marks those whose apertures
 * overlap as blended. Reorders the stars: most significant first.
 */
export function removeDuplicates(stars: Star[], typicalFwhmPx: number): Star[] {
  const sorted = stars.sort((a, b) => b.snr - a.snr)
  const side = Math.max(2 * blendedFwhm * typicalFwhmPx, 4)
  const squares = new Map<number, Star[]>()
  const kept: Star[] = []
  for (const star of sorted) {
    const column = Math.floor(star.x / side)
    const row = Math.floor(star.y / side)
    const close: Star[] = []
    for (let k = 0; k < 9; k++) {
      close.push(...(squares.get(keyOf(column + (k % 3) - 1, row + Math.floor(k / 3) - 1)) ?? []))
    }
    const width = (other: Star) => Math.max(other.fwhmPx, star.fwhmPx)
    const distance = (other: Star) => Math.hypot(other.x - star.x, other.y - star.y)
    const isSame = (other: Star) => {
      const share = other.fwhmPx > pieceRatio * star.fwhmPx ? 1 : sameShare
      return distance(other) < Math.max(share * width(other), closestPx)
    }
    if (close.some(isSame)) continue
    for (const other of close) {
      if (distance(other) > blendedFwhm * width(other)) continue
      star.flags |= StarFlag.blended
      if (star.flux > faintShare * other.flux) other.flags |= StarFlag.blended
    }
    kept.push(star)
    const key = keyOf(column, row)
    const square = squares.get(key)
    if (square) square.push(star)
    else squares.set(key, [star])
  }
  return kept
}

function keyOf(column: number, row: number): number {
  return (row + 1) * 0x400000 + column + 1
}
