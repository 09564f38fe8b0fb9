export { ensureMemory, heapBase } from './memory'
export { flip, swap16, swap32, swap64 } from './bytes'
export { scaleF32, scaleF64, scaleI16, scaleI32, scaleI64, scaleU64, scaleU8 } from './scale'
