import { hasVnni, installedTorch } from '../environment.ts'
import { openAll, race, type Timing } from '../harness.ts'
import { type CountedWorkload, classifierFiles, openInference, workload } from '../models.ts'
import { type TorchTask, torchContender } from '../rivals/torch.ts'
import type { Bar, Row } from './row.ts'

const ours = 'nebulift, float'
const int8 = 'nebulift, int8'

export interface InferenceRace {
  readonly row: string
  readonly work: CountedWorkload
  readonly torch: readonly TorchTask[]
  readonly files: { readonly float: Uint8Array; readonly int8: Uint8Array }
  /** Also as the library runs them when nobody says otherwise: few at a time, where pictures are large. */
  readonly split: boolean
  readonly rounds: number
  /** Laps in a row that count in a turn. */
  readonly inARow: number
}

/** Laps of probabilities of one batch. */
export async function raceInference(options: InferenceRace): Promise<Timing[]> {
  const { row, work, files, split, rounds, inARow } = options
  const whole = { work, atATime: work.batch }
  const contenders = await openAll([
    ...options.torch.map((task) => () => torchContender(task, work)),
    () => openInference(ours, files.float, whole),
    () => openInference(int8, files.int8, whole),
    ...(split ? [() => openInference(`${ours}, default runs`, files.float, { work })] : []),
    ...(split ? [() => openInference(`${int8}, default runs`, files.int8, { work })] : []),
  ])
  return race(row, contenders, {
    work: work.batch,
    unit: 'images',
    warmup: 3,
    rounds,
    restMs: 20,
    inARow,
  })
}

const wanted = [
  { batch: 1, ofTorch: 0.7, int8Faster: 2.3 },
  { batch: 16, ofTorch: 0.55, int8Faster: 2.8 },
]

function inferenceBars(timings: readonly Timing[]): Bar[] {
  return wanted.flatMap(({ batch, ofTorch, int8Faster }) => {
    const find = (name: string) =>
      timings.find(({ contender, work }) => contender === name && work === batch)
    const [torch, float, bytes] = [find('torch'), find(ours), find(int8)]
    const bars: Bar[] = []
    if (torch && float) {
      const ratio = float.medianMs / torch.medianMs
      bars.push({
        name: `float inference of ${batch}`,
        wanted: `<= ${ofTorch}x torch's eager mode`,
        got: `${ratio.toFixed(2)}x`,
        met: ratio <= ofTorch,
      })
    }
    if (float && bytes && hasVnni()) {
      const faster = float.medianMs / bytes.medianMs
      bars.push({
        name: `int8 inference of ${batch}`,
        wanted: `>= ${int8Faster}x as fast as our float`,
        got: `${faster.toFixed(2)}x`,
        met: faster >= int8Faster,
      })
    }
    return bars
  })
}

/** ResNet18, 1000 classes, 224 x 224: from pictures in memory to probabilities. */
export const inference: Row = {
  name: 'model: inference',
  async run({ quick, say }) {
    say('  calibrating int8')
    const files = await classifierFiles(workload({}))
    const hasTorch = installedTorch() !== undefined
    const timings: Timing[] = []
    for (const { batch } of wanted) {
      say(`  batch ${batch}`)
      const row = `inference, batch ${batch}`
      const torch = hasTorch ? (['predict', 'frozen'] as const) : []
      const rounds = quick ? 4 : 10
      const inARow = batch === 1 ? 12 : 4
      const split = batch > 1
      const work = workload({ batch })
      timings.push(...(await raceInference({ row, work, torch, files, split, rounds, inARow })))
    }
    const notes = [
      ...(hasTorch ? [] : ['no torch here: inference is compared with nothing']),
      ...(hasVnni() ? [] : ['no VNNI here: nothing is promised of int8']),
    ]
    return { timings, notes, bars: inferenceBars(timings) }
  },
}
