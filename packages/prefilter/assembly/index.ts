export { ensureMemory, heapBase } from './memory'
