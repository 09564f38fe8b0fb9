import type { GraphBuilder } from '../graph/builder.ts'
import type { Value } from '../graph/graph.ts'

/** How a parameter begins. */
export type Initial =
  /** Normal with variance 2 / (out channels x taps): He et al. 2015, for layers before a ReLU. */
  | { readonly kind: 'he' }
  /** Uniform within 1 / sqrt(fan in), as PyTorch's linear layers. */
  | { readonly kind: 'linear'; readonly fanIn: number }
  | { readonly kind: 'constant'; readonly value: number }

/** What a network asks for while it is built. */
export interface Scope {
  readonly g: GraphBuilder
  /** A number array that is learned. */
  parameter(name: string, shape: readonly number[], initial: Initial): Value
  /** Batch normalisation of [N, C, H, W]: by the batch while training, by running statistics else. */
  norm(name: string, x: Value): Value
}

/** A network in two parts, so that the first can be frozen and its results kept. */
export interface Network {
  readonly name: string
  /** Shapes of one example's inputs, by name. */
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly classes: number
  /** What rebuilds it: kept with its weights. */
  readonly settings: Readonly<Record<string, number | string>>
  /** From the inputs, each with a batch axis in front, to features [N, F]. */
  trunk(scope: Scope, inputs: Readonly<Record<string, Value>>): Value
  /** From features [N, F] to logits [N, classes]. */
  head(scope: Scope, features: Value): Value
}
