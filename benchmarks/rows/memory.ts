import { join } from 'node:path'
import { framePath, pixels, tinyPath } from '../frames.ts'
import { runNode } from '../nebulift.ts'
import type { Row } from './row.ts'

const child = join(import.meta.dirname, 'memory_child.ts')
const limitBytesPerPixel = 16
const limitBaseBytes = 150e6

async function peakBytes(path: string): Promise<number> {
  return Number(await runNode([child, path]))
}

/** The largest resident size of a process that judges one frame and nothing else. */
export const memory: Row = {
  name: 'peak memory',
  async run({ say }) {
    const peak = await peakBytes(await framePath(say))
    const base = await peakBytes(await tinyPath())
    const limit = limitBytesPerPixel * pixels + limitBaseBytes
    const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
    const perPixel = (peak - base) / pixels
    return {
      timings: [],
      notes: [
        `peak of a process that judges one 26-Mpx frame: ${megabytes(peak)}`,
        `peak of the same process on a tiny frame: ${megabytes(base)}`,
        `above that base: ${perPixel.toFixed(1)} bytes a pixel`,
      ],
      bars: [
        {
          name: 'memory of a worker',
          wanted: `<= ${limitBytesPerPixel} bytes a pixel + 150 MB = ${megabytes(limit)}`,
          got: `${megabytes(peak)} (${((peak - limitBaseBytes) / pixels).toFixed(1)} bytes a pixel above 150 MB)`,
          met: peak <= limit,
        },
      ],
    }
  },
}
