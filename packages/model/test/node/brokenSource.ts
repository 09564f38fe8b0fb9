import type { Example, ExampleSource } from '../../src/train/source.ts'
import { lines } from './networks.ts'

/** A source whose example `bad` cannot be read, or has the picture it is given. */
export function openSource(options: {
  readonly bad: number
  readonly instead?: Example
}): ExampleSource {
  const { labels, examples } = lines(32, { planes: 3 })
  return {
    labels,
    read: async (index) => {
      if (index !== options.bad) return examples[index]
      if (options.instead) return options.instead
      throw new Error(`example ${index} is gone`)
    },
  }
}
