import type { SourceSpec } from '@nebulift/model'
import type { TrainingSourceOptions } from '../dataset/trainingSource.ts'
import { siblingScript } from '../night/pool.ts'

/** Tells a loading thread where the examples of a data set are. */
export function trainingSource(options: TrainingSourceOptions): SourceSpec {
  const module = siblingScript('../dataset/trainingSource', import.meta.url)
  return { module: module.href, options }
}
