import type { MemoryExamples, SourceSpec } from '../train/source.ts'
import { sibling } from './remote.ts'

/**
 * Examples that lie in memory, for `fit`. Every loading thread gets a copy, but for arrays over a
 * `SharedArrayBuffer`, which all share.
 */
export const inMemory = (examples: MemoryExamples): SourceSpec => ({
  module: sibling('memorySource', import.meta.url).href,
  options: examples,
})
