import { judgeFile } from 'nebulift'
import { installedRivals } from '../environment.ts'
import { framePath, megapixels, scratch } from '../frames.ts'
import { type Contender, inProcess, race, type Timing } from '../harness.ts'
import { sepContender, sepStart } from '../rivals/sep.ts'
import { sourceExtractor, sourceExtractorStart } from '../rivals/source_extractor.ts'
import type { Bar, Row } from './row.ts'

const wantedRate = 10

function rateBar({ rate, cores = 1 }: Timing): Bar {
  const perCore = rate / Math.max(1, cores)
  return {
    name: 'a 26-Mpx frame is judged, reading included, on one core',
    wanted: `>= ${wantedRate} Mpx/s`,
    got: `${perCore.toFixed(1)} Mpx/s (${cores.toFixed(2)} cores busy)`,
    met: perCore >= wantedRate,
  }
}

/**
 * Reading, and everything Nebulift measures (background, stars, shapes, streaks, local grid, preview),
 * beside the rivals' reading, background and extraction, which is less work.
 */
export const analysis: Row = {
  name: 'judge 26 Mpx',
  async run({ quick, say }) {
    const path = await framePath(say)
    const rivals = installedRivals()
    const ours = inProcess('nebulift', async () => (await judgeFile(path)).measurement)
    const contenders: Contender[] = [ours]
    const starts: Contender[] = []
    if (rivals.sep) {
      contenders.push(await sepContender('sep: read, background, extract', path, 'analyse'))
      starts.push(sepStart())
    }
    if (rivals.sourceExtractor) {
      contenders.push(sourceExtractor('source-extractor', path, scratch))
      starts.push(sourceExtractorStart())
    }
    const rounds = quick ? 3 : 7
    const timings = await race(this.name, contenders, { work: megapixels, unit: 'Mpx', rounds })
    const startTimings = await race('start of rivals', starts, { work: 1, unit: 'starts', rounds })
    return { timings: [...timings, ...startTimings], bars: [rateBar(timings[0])] }
  },
}
