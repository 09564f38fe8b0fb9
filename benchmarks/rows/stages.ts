import { judgeFile } from 'nebulift'
import { installedRivals } from '../environment.ts'
import { framePath, megapixels } from '../frames.ts'
import { type Contender, inProcess, race, summarise, type Timing } from '../harness.ts'
import { sepContender } from '../rivals/sep.ts'
import type { Row } from './row.ts'

/** One judgement, cut where it says that its next step begins; the last piece is the preview. */
async function stepsOf(path: string): Promise<Map<string, number>> {
  const marks: { step: string; at: number }[] = []
  const mark = (step: string) => marks.push({ step, at: performance.now() })
  mark('read')
  await judgeFile(path, { onStep: mark, previewPx: 0 })
  mark('end')
  const times = new Map<string, number>()
  for (const [i, { step, at }] of marks.slice(0, -1).entries()) {
    times.set(step, (times.get(step) ?? 0) + marks[i + 1].at - at)
  }
  return times
}

/** Where the time of a judgement goes, beside SEP's own two stages on the same pixels. */
export const stages: Row = {
  name: 'stages of 26 Mpx',
  async run({ quick, say }) {
    const path = await framePath(say)
    const laps: Map<string, number>[] = []
    const ours = inProcess('nebulift: all of them', async () => {
      const steps = await stepsOf(path)
      laps.push(steps)
      return steps.size
    })
    const contenders: Contender[] = [ours]
    if (installedRivals().sep) {
      contenders.push(await sepContender('sep: background', path, 'background'))
      contenders.push(await sepContender('sep: extract', path, 'extract'))
    }
    const options = { work: megapixels, unit: 'Mpx', warmup: 1, rounds: quick ? 3 : 7 }
    const timings = await race(this.name, contenders, options)
    const counted = laps.slice(options.warmup)
    const steps = [...(counted[0]?.keys() ?? [])].map((step): Timing => {
      const times = counted.map((lap) => ({ ms: lap.get(step) ?? 0 }))
      return summarise(this.name, `nebulift: ${step}`, { laps: times, ...options })
    })
    return { timings: [...timings.slice(0, 1), ...steps, ...timings.slice(1)] }
  },
}
