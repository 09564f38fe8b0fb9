import type { Action, CauseKind, Verdict } from '@nebulift/prefilter'
import type { TrailTruth } from '@nebulift/simulator'

/** Name and number of the form of `dataset.json`; see `dataset.schema.json`. */
export const datasetSchema = 'nebulift.dataset/1'

/** What a network is to tell apart, in the order of its outputs. */
export const datasetClasses = ['clean', 'contaminated'] as const

/** Channels, rows and columns of a picture: see `frameChannels`. */
export const datasetShape = [3, 224, 224] as const

/** Bytes of one example's file. */
export const exampleBytes: number = datasetShape.reduce((product, side) => product * side, 1)

/** Frames for `review` are kept beside the others and counted, but nothing is learned from them. */
export type DatasetLabel = (typeof datasetClasses)[number] | 'review'

export const datasetLabels: readonly DatasetLabel[] = [...datasetClasses, 'review']

export type DatasetSplit = 'train' | 'validation' | 'test'

export const datasetSplits: readonly DatasetSplit[] = ['train', 'validation', 'test']

/** Where an example's pixels come from. */
export type ExampleOrigin =
  | { readonly kind: 'file'; readonly path: string; readonly sha256: string }
  /** Frame `index` of `planNight({ seed, … })` of the size and length that the recipe says. */
  | { readonly kind: 'simulated'; readonly seed: number; readonly index: number }

/** What was done to the pixels of another example. */
export interface ExampleDerivation {
  /** The example it was made from. */
  readonly from: string
  readonly seed: number
  /** The trails that were laid over it. */
  readonly trails: readonly TrailTruth[]
}

/** What the prefilter said of a frame when it was labelled. */
export interface PrefilterOpinion {
  readonly verdict: Verdict
  readonly action: Action
  readonly score: number
  readonly causes: readonly { readonly kind: CauseKind; readonly severity: number }[]
}

/** One picture with its label and everything that is known of it. */
export interface DatasetExample {
  readonly id: string
  /** Path inside the data set: `clean/ID.u8`, bytes 0..255 for channel values 0..1. */
  readonly file: string
  /** Of that file. */
  readonly sha256: string
  readonly label: DatasetLabel
  readonly labelledBy: 'prefilter' | 'person' | 'truth'
  /** What is wrong with it, in the words of whoever labelled it; empty for a clean frame. */
  readonly flaws: readonly string[]
  readonly split: DatasetSplit
  /** Frames that were compared with each other. */
  readonly session: string
  /** Frames of one night lie on one side of the split. */
  readonly night: string
  /** One number for each of the manifest's `evidence`, -1..1. */
  readonly evidence: readonly number[]
  readonly prefilter: PrefilterOpinion
  readonly origin: ExampleOrigin
  readonly derivation?: ExampleDerivation
}

/** What a data set is made from: equal recipes give equal sets. Plain JSON. */
export interface DatasetRecipe {
  readonly kind: 'simulated' | 'built'
  readonly [option: string]: unknown
}

/** All that is known of a data set, as in `dataset.json`. */
export interface DatasetManifest {
  readonly schema: typeof datasetSchema
  /** Version of nebulift that wrote it. */
  readonly version: string
  /** ISO 8601, UTC. */
  readonly created: string
  readonly recipe: DatasetRecipe
  readonly classes: readonly string[]
  readonly shape: readonly number[]
  /** Names of the numbers in each example's `evidence`. */
  readonly evidence: readonly string[]
  readonly examples: readonly DatasetExample[]
}

/** Pretty where people look, one line an example where there are thousands. */
export function encodeManifest({ examples, ...head }: DatasetManifest): string {
  const lines = examples.map((example) => JSON.stringify(example)).join(',\n')
  return `${JSON.stringify(head, null, 1).slice(0, -2)},\n "examples": [\n${lines}\n ]\n}\n`
}
