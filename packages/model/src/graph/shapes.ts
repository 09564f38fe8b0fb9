import { ModelError } from '../errors.ts'
import { shapeText } from './dims.ts'
import { elementwiseShapes } from './shapes/elementwise.ts'
import { layoutShapes } from './shapes/layout.ts'
import { meaningShapes } from './shapes/meaning.ts'
import { productShapes } from './shapes/products.ts'
import { quantizedShapes } from './shapes/quantized.ts'
import { reductionShapes } from './shapes/reductions.ts'
import { type Call, Inputs, type Outcome, type ShapeRule } from './shapes/rule.ts'
import { windowShapes } from './shapes/windows.ts'

const rules: Readonly<Record<string, ShapeRule>> = {
  ...elementwiseShapes,
  ...layoutShapes,
  ...meaningShapes,
  ...productShapes,
  ...quantizedShapes,
  ...reductionShapes,
  ...windowShapes,
}

/** All operators of which the shapes are known, in all domains. */
export const operators: readonly string[] = Object.keys(rules)

/** Whether the shape of an operator's outputs can be told. */
export const hasShapeRule = (op: string): boolean => Object.hasOwn(rules, op)

/**
 * Types and shapes of all outputs an operator can have.
 * @throws ModelError `UNSUPPORTED` for an unknown operator, `BAD_ARGUMENT` where its inputs do not fit
 */
export function inferShapes(call: Call): readonly Outcome[] {
  const rule = hasShapeRule(call.op) && rules[call.op]
  if (!rule) throw new ModelError('UNSUPPORTED', `no operator ${call.domain || 'onnx'}.${call.op}`)
  try {
    return rule(new Inputs(call))
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
    const inputs = call.inputs.map((v) => (v ? `${v.name} ${shapeText(v.shape)}` : '-')).join(', ')
    throw new ModelError(error.code, `${error.message} (in ${call.op}(${inputs}))`, {
      cause: error,
    })
  }
}
