import { installedTorch } from '../environment.ts'
import { type Contender, openAll, race, type Timing } from '../harness.ts'
import { type CountedWorkload, openTraining, workload } from '../models.ts'
import { type TorchLayout, torchContender } from '../rivals/torch.ts'
import type { Bar, Row } from './row.ts'

export interface TrainingRace {
  readonly row: string
  readonly work: CountedWorkload
  /** PyTorch's contenders, the first of which everything is compared with. */
  readonly layouts: readonly TorchLayout[]
  readonly portable: boolean
  readonly rounds: number
}

/** Laps of whole training steps; the fast graph runs where the runtime has blocks of channels. */
export async function raceTraining(options: TrainingRace): Promise<Timing[]> {
  const { row, work, layouts, rounds } = options
  let hasBlocks = false
  const fast = async (): Promise<Contender | undefined> => {
    const { contender, layout } = await openTraining({ work, graph: 'fast' })
    hasBlocks = layout !== 'rows'
    if (hasBlocks) return contender
    await contender.close?.()
    return undefined
  }
  const portable = async () => {
    if (hasBlocks && !options.portable) return undefined
    return (await openTraining({ work, graph: 'portable' })).contender
  }
  const torch = layouts.map((layout) => () => torchContender('train', work, layout))
  // The runtime finds its places in memory in the first laps, which take several times as long.
  const laps = { work: work.batch, unit: 'images', warmup: 3, rounds, restMs: 20 }
  return race(row, await openAll([...torch, fast, portable]), laps)
}

const bars = [
  { who: 'nebulift, fast', atMost: 1 },
  { who: 'nebulift, portable', atMost: 1.3 },
]

function stepBars(timings: readonly Timing[]): Bar[] {
  const torch = timings.find(({ contender }) => contender === 'torch')
  return bars.flatMap(({ who, atMost }) => {
    const ours = timings.find(({ contender }) => contender === who)
    if (!ours || !torch) return []
    const ratio = ours.medianMs / torch.medianMs
    const name = `a training step of ${ours.work} images, ${who.slice('nebulift, '.length)} graph`
    const wanted = `<= ${atMost.toFixed(1)}x torch's default layout`
    return [{ name, wanted, got: `${ratio.toFixed(2)}x`, met: ratio <= atMost }]
  })
}

/** ResNet18, 1000 classes, 224 x 224: loss, gradients and update, all on one batch that is in memory. */
export const trainStep: Row = {
  name: 'model: train step',
  async run({ quick, say }) {
    const hasTorch = installedTorch() !== undefined
    const rounds = quick ? 3 : 11
    const timings: Timing[] = []
    for (const batch of [16, 8, 24, 32]) {
      say(`  batch ${batch}`)
      const row = `train step, batch ${batch}`
      const layouts = hasTorch ? (['default', 'channels_last'] as const) : []
      const work = workload({ batch })
      timings.push(...(await raceTraining({ row, work, layouts, portable: batch === 16, rounds })))
    }
    const notes = hasTorch ? [] : ['no torch here: training steps are compared with nothing']
    return { timings, notes, bars: stepBars(timings.filter(({ work }) => work === 16)) }
  },
}
