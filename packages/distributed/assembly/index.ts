export { addBrains, addFloats, divide, narrow, widen } from './sums'
export { crc32c, prepareCrc } from './crc32c'

/** Where memory is free. */
export function heapBase(): usize {
  return __heap_base
}
