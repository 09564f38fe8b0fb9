/**
 * Reorders the first `count` values so that the one of rank `rank` (0 = smallest) stands in its place,
 * smaller ones before and larger ones after it, and returns it. Mean cost proportional to `count`.
 * The values must hold no NaN.
 */
export function selectInPlace(
  values: Float32Array | Float64Array,
  rank: number,
  count: number = values.length,
): number {
  let low = 0
  let high = count - 1
  while (low < high) {
    const pivot = medianOfThree(values[low], values[(low + high) >> 1], values[high])
    let left = low
    let right = high
    while (left <= right) {
      while (values[left] < pivot) left++
      while (values[right] > pivot) right--
      if (left > right) break
      const swapped = values[left]
      values[left++] = values[right]
      values[right--] = swapped
    }
    if (rank <= right) high = right
    else if (rank >= left) low = left
    else return values[rank]
  }
  return values[rank]
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}

/** Linearly interpolated quantile (0..1) of the first `count` values, which it reorders. NaN for none. */
export function quantileInPlace(
  values: Float32Array | Float64Array,
  fraction: number,
  count: number = values.length,
): number {
  if (count === 0) return Number.NaN
  const position = Math.min(Math.max(fraction, 0), 1) * (count - 1)
  const rank = Math.floor(position)
  const lower = selectInPlace(values, rank, count)
  if (position === rank) return lower
  let upper = Number.POSITIVE_INFINITY
  for (let i = rank + 1; i < count; i++) if (values[i] < upper) upper = values[i]
  return lower + (upper - lower) * (position - rank)
}

/** The values that are numbers, as a copy that may be reordered. */
export function withoutNaN(values: ArrayLike<number>): Float64Array {
  const kept = new Float64Array(values.length)
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (!Number.isNaN(value)) kept[count++] = value
  }
  return kept.subarray(0, count)
}
