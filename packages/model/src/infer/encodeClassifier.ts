import { ModelError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Network } from '../networks/network.ts'
import { encodeOnnx } from '../onnx/encode.ts'
import { sizeOf, type Tensor } from '../tensor.ts'
import { type ModelDescription, writeDescription } from './describe.ts'
import { foldBatchNorm } from './fold.ts'
import { inferenceGraph } from './inferenceGraph.ts'

/** What a classifier's file shall say. */
export interface ClassifierWords {
  /** Names of the classes, in the network's order. */
  readonly classes: readonly string[]
  /** Names of the numbers given beside the picture. Default `evidence 0`, `evidence 1`, … */
  readonly evidence?: readonly string[]
  /** Divides the logits, see `fitTemperature`. Default 1. */
  readonly temperature?: number
  /** Where the weights come from. Default nothing. */
  readonly provenance?: Readonly<Record<string, Json>>
}

/**
 * A trained network as a classifier's file: an ONNX model any runtime loads, batch norms folded, with
 * outputs `logits` and `probabilities`, and its description as metadata.
 * @throws ModelError `BAD_ARGUMENT` where weights or names do not fit the network
 */
export function encodeClassifier(
  network: Network,
  tensors: ReadonlyMap<string, Tensor>,
  words: ClassifierWords,
): Uint8Array {
  const { classes, temperature = 1, provenance = {} } = words
  const numbers = sizeOf(network.inputs.evidence ?? [0])
  const evidence = words.evidence ?? Array.from({ length: numbers }, (_, i) => `evidence ${i}`)
  checkCount('class names', classes.length, network.classes)
  checkCount('evidence names', evidence.length, numbers)
  const graph = foldBatchNorm(inferenceGraph(network, tensors, { output: 'both', temperature }))
  const { name, settings, inputs } = network
  const description: ModelDescription = {
    network: { name, settings },
    classes,
    evidence,
    inputs,
    temperature,
    provenance,
  }
  return encodeOnnx(graph, { metadata: writeDescription(description) })
}

function checkCount(what: string, got: number, wanted: number): void {
  if (got !== wanted) {
    throw new ModelError('BAD_ARGUMENT', `got ${got} ${what}, the network has ${wanted}`)
  }
}
