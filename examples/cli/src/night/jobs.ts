import { availableParallelism } from 'node:os'
import process from 'node:process'

/** What a worker needs besides the pixels: Node itself, the kernels, the picture codec. */
const baseBytes = 150e6
/** The ceiling on what judging takes, per pixel. */
const bytesPerPixel = 16

/** Pixels a file may hold: two bytes each, or one where it is compressed. */
export function estimatePixels(file: string, size: number): number {
  return /\.(gz|fz)$/i.test(file) ? size : size / 2
}

export interface JobLimits {
  /** Default: the cores this process may use. */
  readonly cores?: number
  /** Default: the memory this process may still take. */
  readonly freeBytes?: number
}

/** Workers at once: one for each core, but no more than fit into three quarters of the free memory. */
export function defaultJobs(largestPixels: number, limits: JobLimits = {}): number {
  const { cores = availableParallelism(), freeBytes = process.availableMemory() } = limits
  const fitting = Math.floor((0.75 * freeBytes) / (baseBytes + bytesPerPixel * largestPixels))
  return Math.max(1, Math.min(cores, fitting))
}
