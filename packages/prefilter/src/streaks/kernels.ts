import { type Kernels, kernels } from '../kernels.ts'

/** The kernels of assembly/streaks.ts; addresses and sizes in bytes, the rest in bins. */
export interface StreakKernels extends Kernels {
  streakBin(
    source: number,
    mask: number,
    width: number,
    rows: number,
    bin: number,
    clip: number,
    sums: number,
    counts: number,
    tops: number,
    sumRow: number,
    countRow: number,
    topRow: number,
  ): void
  streakLoad(
    image: number,
    width: number,
    height: number,
    quadrant: number,
    target: number,
    stride: number,
    pad: number,
  ): void
  streakLeaves(
    target: number,
    rows: number,
    columns: number,
    stride: number,
    pad: number,
    depth: number,
  ): void
  streakLevel(
    source: number,
    target: number,
    rows: number,
    columns: number,
    stride: number,
    pad: number,
    depth: number,
    maxShift: number,
  ): void
  streakNoise(
    table: number,
    rows: number,
    columns: number,
    stride: number,
    pad: number,
    depth: number,
    maxShift: number,
    limit: number,
    statistics: number,
  ): void
  streakPeaks(
    table: number,
    rows: number,
    columns: number,
    stride: number,
    pad: number,
    depth: number,
    maxShift: number,
    scale: number,
    threshold: number,
    peaks: number,
    capacity: number,
  ): number
}

export function streakKernels(): StreakKernels {
  return kernels<StreakKernels>()
}
