import type { Example, ExampleSource } from '@nebulift/model'
import { type DatasetSplit, datasetClasses } from './manifest.ts'
import { openDataset } from './openDataset.ts'

/** Which examples of a data set are meant. */
export interface TrainingSourceOptions {
  readonly folder: string
  readonly split: DatasetSplit
}

/** The labelled examples of one side of a data set; frames for review are left out. For a loading thread. */
export async function openSource({ folder, split }: TrainingSourceOptions): Promise<ExampleSource> {
  const { manifest, read } = await openDataset(folder)
  const classes: readonly string[] = datasetClasses
  const chosen = manifest.examples.flatMap((example, i) =>
    example.split === split && classes.includes(example.label) ? [{ example, i }] : [],
  )
  return {
    labels: chosen.map(({ example }) => classes.indexOf(example.label)),
    read: async (index): Promise<Example> => {
      const { example, i } = chosen[index] ?? { example: undefined, i: -1 }
      return { image: await read(i), evidence: example?.evidence ?? [] }
    },
  }
}
