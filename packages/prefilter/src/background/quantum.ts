import type { Plane } from '../plane.ts'

const sampled = 4096
/** Gaps among fewer values than this look regular by chance. */
const fewestToJudge = 16

/**
 * Step between the values a plane can take: 1 for camera integers, 16 for 12 bits stretched to 16, 1/65535
 * for integers scaled to 1; 0 where no such step shows. Judged on the middle of a sample, where the sky is.
 */
export function findQuantum({ data }: Plane): number {
  const sample = middleOfSample(data)
  if (sample.length < fewestToJudge) return sample.every(Number.isInteger) ? 1 : 0
  let step = Number.POSITIVE_INFINITY
  for (let i = 1; i < sample.length; i++) {
    const gap = sample[i] - sample[i - 1]
    if (gap > 0 && gap < step) step = gap
  }
  if (step === Number.POSITIVE_INFINITY) return Number.isInteger(sample[0]) ? 1 : 0
  // Random reals hold many different values, and gaps that are no multiples of the smallest one.
  const range = sample[sample.length - 1] - sample[0]
  if (range / step > sample.length) return 0
  for (let i = 1; i < sample.length; i++) {
    const steps = (sample[i] - sample[0]) / step
    if (Math.abs(steps - Math.round(steps)) > 0.02 + steps * 1e-4) return 0
  }
  return range / Math.round(range / step)
}

function middleOfSample(data: Float32Array): Float32Array {
  const step = Math.max(1, Math.floor(data.length / sampled))
  const sample = new Float32Array(Math.ceil(data.length / step))
  let count = 0
  for (let i = 0; i < data.length; i += step) {
    if (Number.isFinite(data[i])) sample[count++] = data[i]
  }
  const sorted = sample.subarray(0, count).sort()
  return sorted.subarray(Math.floor(count * 0.05), Math.max(Math.ceil(count * 0.9), 1))
}
