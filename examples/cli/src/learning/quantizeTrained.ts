import { type QuantizeOptions, quantizeModel } from '@nebulift/model/node'
import { datasetClasses } from '../dataset/manifest.ts'
import type { Dataset } from '../dataset/openDataset.ts'

/** Examples whose activations set the ranges: as many as the field uses, and quick. */
const CALIBRATION_EXAMPLES = 256

/** An int8 model of a float one, calibrated on what it learned from: as many of each class, spread over nights. */
export async function quantizeTrained(
  model: Uint8Array,
  { manifest, read }: Dataset,
  options: QuantizeOptions = {},
): Promise<Uint8Array> {
  const chosen = datasetClasses.flatMap((label) => {
    const all = manifest.examples.flatMap((example, i) =>
      example.label === label && example.split === 'train' ? [i] : [],
    )
    const wanted = Math.min(all.length, CALIBRATION_EXAMPLES / datasetClasses.length)
    return Array.from({ length: wanted }, (_, k) => all[Math.floor((k * all.length) / wanted)] ?? 0)
  })
  const examples = await Promise.all(
    chosen.map(async (i) => ({
      image: await read(i),
      evidence: manifest.examples[i]?.evidence ?? [],
    })),
  )
  return quantizeModel(model, examples, options)
}
