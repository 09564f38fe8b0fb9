import type { GradientRules } from './rule.ts'
import { elementwiseRules } from './rules/elementwise.ts'
import { layoutRules } from './rules/layout.ts'
import { poolRules } from './rules/pools.ts'
import { productRules } from './rules/products.ts'
import { reductionRules } from './rules/reductions.ts'
import { windowRules } from './rules/windows.ts'

/**
 * How to go backward through each operator. What is costly is only said here, in operators of the domain
 * `nebulift` (`ConvGradWeights`, `BatchNormGrad` …); `lower` decides how to compute it.
 */
export const gradientRules: GradientRules = {
  ...elementwiseRules,
  ...layoutRules,
  ...poolRules,
  ...productRules,
  ...reductionRules,
  ...windowRules,
}
