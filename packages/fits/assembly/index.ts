/** Bytes of linear memory a caller may address; the memory grows by whole 64 kB pages. */
export function ensureMemory(bytes: usize): void {
  const pages = <i32>((bytes + 0xffff) >>> 16)
  if (pages > memory.size()) memory.grow(pages - memory.size())
}
