import { availableParallelism } from 'node:os'
import {
  blueprintOf,
  type ClassifierExample,
  encodeClassifier,
  initialise,
  type Network,
  random,
  resnet18,
  sizeOf,
} from '@nebulift/model'
import { createTrainer, loadClassifier, quantizeModel } from '@nebulift/model/node'
import { type Contender, inProcess } from './harness.ts'
import type { Workload } from './rivals/torch.ts'

/** A workload whose numbers that are learned are counted, so that a rival can be held to them. */
export type CountedWorkload = Workload & { readonly parameters: number }

/** ResNet18 on pictures as of ImageNet, on all cores. */
export function workload(
  change: Partial<Pick<Workload, 'batch' | 'width' | 'sizePx' | 'threads'>>,
): CountedWorkload {
  const threads = availableParallelism()
  const all = { classes: 1000, width: 1, sizePx: 224, batch: 16, threads, ...change }
  const { parameters } = blueprintOf(networkOf(all))
  const count = [...parameters.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  return { ...all, parameters: count }
}

function networkOf({ classes, width, sizePx }: Workload): Network {
  return resnet18({ classes, width, sizePx })
}

/** Pictures of noise: what is in them changes no time. */
function pictures({ sizePx }: Workload, count: number): Float32Array[] {
  const { normal } = random(1)
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: 3 * sizePx * sizePx }, normal),
  )
}

export interface TrainingOptions {
  readonly work: Workload
  readonly graph: 'fast' | 'portable'
}

// That of rivals/torch_laps.py: small, so that many laps on one batch stay ordinary numbers.
const rate = 1e-3

/** Whole steps (loss, gradients, SGD with momentum 0.9 and weight decay 1e-4) on one batch. */
export async function openTraining({
  work,
  graph,
}: TrainingOptions): Promise<{ readonly contender: Contender; readonly layout: string }> {
  const { classes, batch, threads } = work
  const trainer = await createTrainer({ network: networkOf(work), graph, threads, seed: 1 })
  const image = new Float32Array(batch * sizeOf([3, work.sizePx, work.sizePx]))
  for (const [i, picture] of pictures(work, batch).entries()) image.set(picture, i * picture.length)
  const target = new Float32Array(batch * classes)
  for (let i = 0; i < batch; i++) target[i * classes + ((37 * i) % classes)] = 1
  const step = async () => (await trainer.step({ inputs: { image }, target }, rate)).loss
  const contender = { ...inProcess(`nebulift, ${graph}`, step), close: () => trainer.close() }
  return { contender, layout: trainer.layout }
}

/** A classifier's file, and the int8 one made of it. Weights are fresh: they change no time. */
export async function classifierFiles(
  work: Workload,
): Promise<{ readonly float: Uint8Array; readonly int8: Uint8Array }> {
  const network = networkOf(work)
  const classes = Array.from({ length: work.classes }, (_, i) => `class ${i}`)
  const float = encodeClassifier(network, initialise(network, 1), { classes })
  const examples = pictures(work, 8).map((image): ClassifierExample => ({ image }))
  return { float, int8: await quantizeModel(float, examples, { threads: work.threads }) }
}

/** Probabilities of one batch of pictures; `atATime` of them in one run, default the library's own choice. */
export async function openInference(
  name: string,
  model: Uint8Array,
  { work, atATime }: { readonly work: Workload; readonly atATime?: number },
): Promise<Contender> {
  const batch = atATime === undefined ? {} : { batch: atATime }
  const classifier = await loadClassifier(model, { threads: work.threads, ...batch })
  const examples = pictures(work, work.batch).map((image): ClassifierExample => ({ image }))
  const classify = async () => (await classifier.classify(examples))[0]
  return { ...inProcess(name, classify), close: () => classifier.close() }
}
