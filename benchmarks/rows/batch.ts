import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { nightFolder, nightFrames, nightMegapixels, scratch } from '../frames.ts'
import { inChildren, race } from '../harness.ts'
import { nebulift } from '../nebulift.ts'
import type { Row } from './row.ts'

/** The real command on a simulated night of 32 frames, from nothing to the report. */
export const batch: Row = {
  name: 'batch of 32 frames',
  async run({ quick, say }) {
    const night = await nightFolder(say)
    const command = (jobs: number, out: string) =>
      nebulift('batch', night, out, '--jobs', String(jobs), '--action', 'report')
    const fresh = (jobs: number) =>
      inChildren(`nebulift batch --jobs ${jobs}`, async () => {
        const out = mkdtempSync(join(scratch, 'batch-'))
        try {
          return (await command(jobs, out)).length
        } finally {
          rmSync(out, { recursive: true, force: true })
        }
      })
    const kept = mkdtempSync(join(scratch, 'batch-'))
    try {
      await command(availableParallelism(), kept)
      const again = inChildren('the same night again, measurements kept', async () => {
        return (await command(availableParallelism(), kept)).length
      })
      const jobs = [...new Set(quick ? [availableParallelism()] : [1, availableParallelism()])]
      const options = { work: nightMegapixels, unit: 'Mpx', warmup: 0, rounds: quick ? 1 : 3 }
      const contenders = [...jobs.map(fresh), again]
      const timings = await race(this.name, contenders, options)
      return {
        timings,
        notes: timings.map(
          ({ contender, medianMs }) =>
            `${contender}: ${((nightFrames * 60_000) / medianMs).toFixed(0)} frames a minute`,
        ),
      }
    } finally {
      rmSync(kept, { recursive: true, force: true })
    }
  },
}
