import { like, type ShapeRule } from './rule.ts'

/** Shapes of what gradient rules say; see gradient/rules. */
export const meaningShapes: Readonly<Record<string, ShapeRule>> = {
  // (dy, w): the gradient of a convolution's image.
  ConvGradInput: (inputs) => [
    { type: inputs.at(0).type, shape: [inputs.shape(0)[0], ...inputs.numbers('input_shape')] },
  ],
  // (x, dy): the gradient of its weights.
  ConvGradWeights: (inputs) => [
    { type: inputs.at(0).type, shape: inputs.numbers('weights_shape') },
  ],
  // (x, dy, scale, mean, variance): the gradients of x, scale and bias.
  BatchNormGrad: (inputs) => [like(inputs.at(0)), like(inputs.at(2)), like(inputs.at(2))],
  // (y, dy)
  ReluGrad: (inputs) => [like(inputs.at(1))],
  // (dy, indices)
  MaxPoolGrad: (inputs) => [
    { type: inputs.at(0).type, shape: [inputs.shape(0)[0], ...inputs.numbers('input_shape')] },
  ],
}
