import { mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { encodeClassifier, metrics, resnet18, tensor, training } from '@nebulift/model'
import {
  createTrainer,
  type FitOptions,
  type FitResult,
  fit,
  type Trainer,
} from '@nebulift/model/node'
import { type DatasetManifest, datasetClasses, datasetShape } from '../dataset/manifest.ts'
import { openDataset } from '../dataset/openDataset.ts'
import { version } from '../version.ts'
import { trainingSource } from './sources.ts'

/** How a classifier is trained. */
export interface TrainClassifierOptions {
  readonly epochs: number
  /** Examples of one step. */
  readonly batch: number
  /** Passes that a step is cut into, whose mean gradient makes the step. Default 1. */
  readonly passes?: number
  /** Highest learning rate. */
  readonly rate: number
  /** Factor on the channels of ResNet18. */
  readonly width: number
  readonly seed: number
  /** Epochs without improvement that are borne. */
  readonly patience: number
  /** Folder of checkpoints and log; training goes on from what is there. */
  readonly folder: string
  /** Threads of the network. Default one a core. */
  readonly threads?: number
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: (event: training.TrainingEvent) => void
}

/** What a training came to. */
export interface TrainedClassifier {
  readonly result: FitResult
  /** ONNX model in float32. */
  readonly model: Uint8Array
  readonly temperature: number
  readonly manifest: DatasetManifest
}

/** A training that is ready to begin. */
export interface ClassifierTraining {
  readonly trainer: Trainer
  readonly fitOptions: FitOptions
  readonly manifest: DatasetManifest
  /** Calibrates the best weights on the validation side and makes a model of them. */
  finish(result: FitResult): TrainedClassifier
}

/** A recipe without the way to a folder on this computer: models are given away. */
const shareable = (recipe: DatasetManifest['recipe']) => ({
  ...recipe,
  ...(typeof recipe.input === 'string' && { input: basename(recipe.input) }),
})

/** Steps in which the rate rises, at most a tenth of all: batch norms settle first. */
const WARM_UP_STEPS = 50

/** Trains on a data set and calibrates on its validation side. */
export async function trainClassifier(
  dataset: string,
  options: TrainClassifierOptions,
): Promise<TrainedClassifier> {
  const prepared = await prepareTraining(dataset, options)
  try {
    await mkdir(options.folder, { recursive: true })
    return prepared.finish(await fit(prepared.trainer, prepared.fitOptions))
  } finally {
    await prepared.trainer.close()
  }
}

/** Network, optimiser, schedule and examples of a training; its trainer must be closed. */
export async function prepareTraining(
  dataset: string,
  options: TrainClassifierOptions,
): Promise<ClassifierTraining> {
  const { manifest } = await openDataset(dataset)
  const { epochs, rate, width, seed, patience, folder, threads, signal, onEvent } = options
  const { passes = 1 } = options
  const learned = manifest.examples.filter(
    ({ split, label }) => split === 'train' && label !== 'review',
  )
  // A set smaller than a batch is one batch.
  const batch = Math.max(1, Math.floor(Math.min(options.batch, learned.length) / passes))
  const network = resnet18({
    classes: datasetClasses.length,
    channels: datasetShape[0],
    sizePx: datasetShape[1],
    width,
    evidence: manifest.evidence.length,
  })
  const trainer = await createTrainer({
    network,
    seed,
    optimizer: {
      kind: 'sgd',
      momentum: 0.9,
      nesterov: true,
      weightDecay: 5e-4,
      decaying: 'weights',
    },
    // A little smoothing: some labels are wrong, and calibration gains.
    loss: training.crossEntropy({ smoothing: 0.02 }),
    ...(threads !== undefined && { threads }),
  })
  const recipe = {
    ...{ epochs, batch, ...(passes > 1 && { passes }), rate, width, seed },
    data: JSON.stringify(shareable(manifest.recipe)),
  }
  const fitOptions: FitOptions = {
    ...{ epochs, batch, seed, patience, folder, classes: datasetClasses, settings: recipe },
    accumulate: passes,
    augment: true,
    train: trainingSource({ folder: dataset, split: 'train' }),
    validation: trainingSource({ folder: dataset, split: 'validation' }),
    schedule: (steps) => {
      const rise = Math.min(WARM_UP_STEPS, Math.floor(steps / 10))
      return training.warmUp(rise, training.cosine({ peak: rate, steps: steps - rise }))
    },
    ...(signal && { signal }),
    ...(onEvent && { onEvent }),
  }
  const finish = (result: FitResult): TrainedClassifier => {
    const { temperature } = metrics.fitTemperature(result.logits, result.labels)
    const { parameters, buffers } = result.best
    const tensors = new Map(
      [...parameters, ...buffers].map(([name, data]) => [
        name,
        tensor(data, trainer.shapes.get(name)),
      ]),
    )
    const model = encodeClassifier(network, tensors, {
      classes: datasetClasses,
      evidence: manifest.evidence,
      temperature,
      provenance: {
        trainedBy: `nebulift ${version}`,
        ...recipe,
        bestEpoch: result.bestEpoch,
        validationExamples: result.labels.length,
        validationAccuracy: result.evaluation.scores.accuracy,
      },
    })
    return { result, model, temperature, manifest }
  }
  return { trainer, fitOptions, manifest, finish }
}
