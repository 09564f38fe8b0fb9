import type { ModelDescription } from '@nebulift/model'
import { datasetClasses } from '../dataset/manifest.ts'
import { CliError } from '../errors.ts'

/**
 * Whether a model can judge frames with the given evidence.
 * @throws CliError where it tells other classes, or was trained on other evidence
 */
export function checkFrameClassifier(
  path: string,
  { classes, evidence }: ModelDescription,
  names: readonly string[],
): void {
  if (classes.join() !== datasetClasses.join()) {
    throw new CliError(`${path}: tells ${classes.join(', ')}; wanted ${datasetClasses.join(', ')}`)
  }
  if (evidence.length > 0 && evidence.join() !== names.join()) {
    throw new CliError(`${path}: was trained on other measures than these frames have`, {
      hint: 'train it anew with nebulift train',
    })
  }
}
