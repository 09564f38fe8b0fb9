import { endOfCrc } from './crc32c'

export { addBrains, addFloats, divide, narrow, widen } from './sums'
export { addCrc, beginCrc, crc32c, endCrc, prepareCrc } from './crc32c'

/** Where memory is free. */
export function heapBase(): usize {
  return max(__heap_base, endOfCrc)
}
