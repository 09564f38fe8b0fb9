import type { ReduceOptions } from './collective.ts'
import { DistributedError } from './errors.ts'

const largest = 2 ** 32 - 1

/** @throws DistributedError `BAD_ARGUMENT` unless `value` is a whole number from `low` to `high` */
export function checkWhole(name: string, value: number, { low = 0, high = largest } = {}): void {
  if (Number.isInteger(value) && value >= low && value <= high) return
  const wanted = `a whole number from ${low} to ${high}`
  throw new DistributedError('BAD_ARGUMENT', `${name}: got ${value}, wanted ${wanted}`)
}

/**
 * Fills in the defaults.
 * @throws DistributedError `BAD_ARGUMENT` where step or bucket fit into no frame
 */
export function checkReduce(options: ReduceOptions): Required<ReduceOptions> {
  const { op = 'sum', wire = 'float32', step = 0, bucket = 0 } = options
  checkWhole('step', step)
  checkWhole('bucket', bucket)
  return { op, wire, step, bucket }
}
