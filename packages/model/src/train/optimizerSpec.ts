import { type AdamWOptions, adamW } from './adamW.ts'
import type { Optimizer } from './optimizers.ts'
import { type SgdOptions, sgd } from './sgd.ts'

/** Which parameters weight decay acts on: all, or only weights of layers, as is often done. */
export type Decaying = 'all' | 'weights'

/** An optimiser in plain data, which another thread can be told. */
export type OptimizerSpec =
  | ({ readonly kind: 'sgd'; readonly decaying?: Decaying } & Omit<SgdOptions, 'decay'>)
  | ({ readonly kind: 'adamW'; readonly decaying?: Decaying } & Omit<AdamWOptions, 'decay'>)

/** The optimiser that a spec describes. */
export function makeOptimizer(spec: OptimizerSpec): Optimizer {
  const { kind, decaying = 'all', ...options } = spec
  const decay = (name: string) => decaying === 'all' || isWeight(name)
  return kind === 'sgd' ? sgd({ ...options, decay }) : adamW({ ...options, decay })
}

/** Biases and the scales of batch norms are spared: torchvision's norms are called `bn…` or `downsample.1`. */
const isWeight = (name: string) =>
  name.endsWith('.weight') && !/(^|\.)(bn\d*|downsample\.1)\.weight$/.test(name)
