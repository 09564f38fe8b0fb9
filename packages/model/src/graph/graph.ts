import type { DType, Tensor } from '../tensor.ts'

/** A size that is known, or the name of one that is known only when the graph runs (`'batch'`). */
export type Dim = number | string

/** A tensor in a graph: what it is called, and what it will be. */
export interface Value {
  readonly name: string
  readonly type: DType
  readonly shape: readonly Dim[]
}

/** JavaScript cannot tell 1 from 1.0, ONNX must: a float attribute says that it is one. */
export interface FloatAttribute {
  readonly float: number
}

/** A whole number, a list of them, a float, a text or a tensor. */
export type Attribute = number | readonly number[] | FloatAttribute | string | Tensor

export type Attributes = Readonly<Record<string, Attribute>>

/** One operation. An input that is left out is `undefined`. */
export interface Node {
  readonly op: string
  /** Operator set; `''` is ONNX's own. */
  readonly domain: string
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  readonly attributes: Attributes
}

/** Nodes in an order in which they can run; constants are the values whose numbers are known. */
export interface Graph {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly constants: ReadonlyMap<string, Tensor>
  readonly nodes: readonly Node[]
}

/** Marks an attribute as a float. */
export const float = (value: number): FloatAttribute => ({ float: value })
