/** Counts in equal bins; `counts[0]` and the last entry hold what lay below and above them. */
export interface Histogram {
  readonly counts: Uint32Array
  readonly low: number
  readonly binWidth: number
  /** Step between possible values of quantised data, 0 for continuous ones; divides `binWidth`. */
  readonly quantum: number
}

export interface SkyEstimate {
  readonly level: number
  readonly rms: number
  /** Values that survived the clipping. */
  readonly count: number
}

const kappa = 3
const mostRounds = 20
/** Above this difference of mean and median, in standard deviations, the cell is crowded: Bertin & Arnouts 1996. */
const tooSkewed = 0.3
/** Steps coarser than this many standard deviations leave the median on a step; the mean still tells. */
const coarseQuantum = 1.5

/**
 * Level and noise of a sky under stars: clipping at three standard deviations around the median until it
 * stands still, then the mode as 2.5 median - 1.5 mean (Bertin & Arnouts 1996, section 4.1.1).
 * The deviation is corrected for the tails which the clipping cuts from pure noise.
 */
export function estimateSky(histogram: Histogram): SkyEstimate {
  const { counts, low, binWidth, quantum } = histogram
  const bins = counts.length - 2
  let first = 1
  let last = bins
  for (let round = 0; ; round++) {
    const { count, mean, median, std } = momentsBetween(histogram, first, last)
    if (count === 0) return { level: Number.NaN, rms: Number.NaN, count }
    const rms = correctForClipping(std, ((last - first + 1) * binWidth) / 2)
    const place = (median - low) / binWidth + 1
    const reach = Math.max((kappa * rms) / binWidth, 0.5)
    const nextFirst = Math.max(first, Math.floor(place - reach + 0.5))
    const nextLast = Math.min(last, Math.floor(place + reach - 0.5))
    if (
      round === mostRounds ||
      nextFirst > nextLast ||
      (nextFirst === first && nextLast === last)
    ) {
      return { level: modeOf(mean, median, rms, quantum), rms, count }
    }
    first = nextFirst
    last = nextLast
  }
}

function modeOf(mean: number, median: number, rms: number, quantum: number): number {
  if (quantum > coarseQuantum * rms) return mean
  return Math.abs(mean - median) < tooSkewed * rms ? 2.5 * median - 1.5 * mean : median
}

function momentsBetween(
  { counts, low, binWidth, quantum }: Histogram,
  first: number,
  last: number,
): { count: number; mean: number; median: number; std: number } {
  let count = 0
  let sum = 0
  let squares = 0
  for (let bin = first; bin <= last; bin++) {
    const here = counts[bin]
    count += here
    sum += here * bin
    squares += here * bin * bin
  }
  const mean = sum / count
  // Values lie anywhere within a bin, or on the steps inside it: Sheppard's correction.
  const spread = (1 - (quantum / binWidth) ** 2) / 12
  const variance = Math.max(squares / count - mean * mean - spread, 0)
  let bin = first
  let below = 0
  while (bin < last && below + counts[bin] < count / 2) below += counts[bin++]
  const median = bin - 0.5 + (count / 2 - below) / counts[bin]
  const valueAt = (place: number) => low + (place - 0.5) * binWidth
  return {
    count,
    mean: valueAt(mean),
    median: valueAt(median),
    std: Math.sqrt(variance) * binWidth,
  }
}

/** Standard deviation of the whole normal distribution of which `std` is left within +-`reach`. */
function correctForClipping(std: number, reach: number): number {
  let sigma = std
  for (let round = 0; round < 4 && sigma > 0; round++) {
    const k = Math.max(reach / sigma, 1.5)
    if (k > 6) return std
    const density = Math.exp(-0.5 * k * k) / Math.sqrt(2 * Math.PI)
    sigma = std / Math.sqrt(1 - (2 * k * density) / (1 - 2 * upperTail(k, density)))
  }
  return sigma
}

/** Share of a normal distribution above k > 0: Abramowitz & Stegun 26.2.17, error below 1e-7. */
function upperTail(k: number, density: number): number {
  const t = 1 / (1 + 0.2316419 * k)
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return density * polynomial
}
