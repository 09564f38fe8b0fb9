/** Where scratch may begin. */
export function heapBase(): usize {
  return __heap_base
}

/** Grows linear memory to at least `bytes`. */
export function ensureMemory(bytes: usize): void {
  const pages = <i32>((bytes + 0xffff) >>> 16)
  if (pages > memory.size()) memory.grow(pages - memory.size())
}
