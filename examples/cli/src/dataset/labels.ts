import type { FrameTruth } from '@nebulift/simulator'
import type { DatasetLabel } from './manifest.ts'

/** By what the simulator put in; what is too faint for a label and too much for a clean frame is left aside. */
export function labelByTruth({
  clean,
  labels,
}: Pick<FrameTruth, 'clean' | 'labels'>): DatasetLabel {
  if (clean) return 'clean'
  return labels.length > 0 ? 'contaminated' : 'review'
}
