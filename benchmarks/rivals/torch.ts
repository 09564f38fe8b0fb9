import { type Contender, consume } from '../harness.ts'
import { type PythonLaps, pythonLaps } from './python.ts'

/** What a network is made of and run with; the same for us and for PyTorch. */
export interface Workload {
  readonly classes: number
  readonly width: number
  readonly sizePx: number
  readonly batch: number
  readonly threads: number
}

/** `frozen` is `predict` of the network traced, frozen and optimised for inference. */
export type TorchTask = 'train' | 'predict' | 'frozen'
/** `default` is how PyTorch lays arrays when nobody asks, N, C, H, W; `channels_last` is N, H, W, C. */
export type TorchLayout = 'default' | 'channels_last'

/** Starts PyTorch with such a network. */
export function openTorch(workload: Workload, layout: TorchLayout): Promise<PythonLaps> {
  const { classes, width, sizePx, batch, threads } = workload
  const args = [JSON.stringify({ classes, width, sizePx, batch, threads, layout })]
  const env = { OMP_NUM_THREADS: String(threads) }
  return pythonLaps({ script: 'torch_laps.py', args, env })
}

/**
 * PyTorch, eager, through Python: the process starts once, and its time is Python's own.
 * @throws Error where its network is not of the size of ours
 */
export async function torchContender(
  task: TorchTask,
  workload: Workload & { readonly parameters: number },
  layout: TorchLayout = 'default',
): Promise<Contender> {
  const torch = await openTorch(workload, layout)
  const { parameters } = torch.ready
  if (parameters !== workload.parameters) {
    await torch.close()
    throw new Error(`torch has ${parameters} parameters, we have ${workload.parameters}`)
  }
  const time = async () => {
    const { result, ...lap } = await torch.lap(task)
    consume(result)
    return lap
  }
  const words = ['torch', ...(layout === 'default' ? [] : [layout])]
  if (task === 'frozen') words.push('frozen')
  return { name: words.join(', '), time, close: torch.close }
}
