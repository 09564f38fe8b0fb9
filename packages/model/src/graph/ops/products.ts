import type { GraphBuilder } from '../builder.ts'
import { CONTRIB } from '../domains.ts'
import { float, type Value } from '../graph.ts'

export const matMul = (g: GraphBuilder, a: Value, b: Value): Value => g.op('MatMul', [a, b])

/** Which factor is turned, and what the product is multiplied with. */
export interface ProductOptions {
  /** Default false. */
  readonly turnA?: boolean
  /** Default false. */
  readonly turnB?: boolean
  /** Default 1. */
  readonly alpha?: number
}

/** a b with either turned, without moving it in memory: an operator of ONNX Runtime. */
export function fusedMatMul(
  g: GraphBuilder,
  factors: readonly [Value, Value],
  options: ProductOptions,
): Value {
  const { turnA = false, turnB = false, alpha = 1 } = options
  const attributes = { transA: turnA ? 1 : 0, transB: turnB ? 1 : 0, alpha: float(alpha) }
  return g.op('FusedMatMul', factors, { attributes, domain: CONTRIB })
}

/** x w' + b; `w` is [out, in] as PyTorch keeps it. */
export const linear = (
  g: GraphBuilder,
  x: Value,
  { w, b }: { w: Value; b?: Value | undefined },
): Value => g.op('Gemm', [x, w, b], { attributes: { transB: 1 }, name: 'linear' })
