import { ModelError } from '../errors.ts'
import { random } from '../random.ts'
import type { Augmentation } from './augment.ts'
import type { Example } from './source.ts'

/** What examples are made into. */
export interface BatchShape {
  /** Name of the network's input that takes the pictures. */
  readonly input: string
  readonly classes: number
  /** Numbers of one picture: channels x rows x columns. */
  readonly pixels: number
  /** Numbers beside it; 0 for none. */
  readonly evidence: number
}

/** How examples are changed on their way. */
export interface Variation {
  readonly augment: Augmentation
  /** How often an example comes without its evidence, so that the network can judge without. */
  readonly withoutEvidence: number
}

/** Inputs and wanted shares of a batch, row after row. */
export interface AssembledBatch {
  readonly inputs: Record<string, Float32Array>
  readonly target: Float32Array
  readonly labels: Uint32Array
}

/** An example and what is to be known of it. */
export interface Drawn {
  readonly example: Example
  readonly label: number
  /** Decides how it varies. */
  readonly seed: number
}

/** Brings examples into one block of memory for each input. */
export function assemble(
  drawn: readonly Drawn[],
  shape: BatchShape,
  variation?: Variation,
): AssembledBatch {
  const { classes, pixels, evidence } = shape
  const image = new Float32Array(drawn.length * pixels)
  const numbers = new Float32Array(drawn.length * evidence)
  const target = new Float32Array(drawn.length * classes)
  for (const [i, { example, label, seed }] of drawn.entries()) {
    const picture = toFloats(example.image)
    const source = random(seed)
    const kept = !variation || source.uniform() >= variation.withoutEvidence
    image.set(variation ? variation.augment(picture, source) : picture, i * pixels)
    if (kept && evidence > 0 && example.evidence)
      numbers.set(Array.from(example.evidence), i * evidence)
    target[i * classes + label] = 1
  }
  const inputs = { [shape.input]: image, ...(evidence > 0 && { evidence: numbers }) }
  return { inputs, target, labels: Uint32Array.from(drawn, ({ label }) => label) }
}

/** @throws ModelError `BAD_ARGUMENT` for an example of another size than the network's inputs */
export function checkExample(example: Example, index: number, shape: BatchShape): void {
  const { image, evidence } = example
  if (image.length !== shape.pixels) {
    const got = `got ${image.length} numbers`
    throw new ModelError(
      'BAD_ARGUMENT',
      `image of example ${index}: ${got}, wanted ${shape.pixels}`,
    )
  }
  if (evidence && shape.evidence > 0 && evidence.length !== shape.evidence) {
    const got = `got ${evidence.length} numbers`
    throw new ModelError(
      'BAD_ARGUMENT',
      `evidence of example ${index}: ${got}, wanted ${shape.evidence}`,
    )
  }
}

/** Bytes 0..255 as 0..1. */
export function toFloats(image: Uint8Array | Float32Array): Float32Array {
  if (image instanceof Float32Array) return image
  const floats = new Float32Array(image.length)
  for (let i = 0; i < floats.length; i++) floats[i] = image[i] / 255
  return floats
}

/** A seed for one example in one epoch: every thread and every resumed run comes to the same. */
export const exampleSeed = (seed: number, epoch: number, index: number): number =>
  Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^
  Math.imul(epoch + 1, 0x85ebca6b) ^
  Math.imul(index + 1, 0xc2b2ae35)
