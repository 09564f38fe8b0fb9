import type { Tensor } from '../tensor.ts'

/** From the least to the greatest number that is told apart; 0 is within. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** What a u8 stands for: (u8 - zero) * scale. */
export interface Affine {
  readonly scale: number
  readonly zero: number
}

/** Spreads 256 levels over a range, one of them exactly on 0, as padding and ReLU want it. */
export function affineOf({ low, high }: Range): Affine {
  const [from, to] = [Math.min(low, 0), Math.max(high, 0)]
  // As the runtime will read it: in float32. Nothing but zeros has any scale.
  const scale = Math.fround((to - from) / 255) || 1
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-from / scale))) }
}

/** Weights and bias of a convolution in whole numbers. */
export interface QuantizedWeights {
  readonly weights: Tensor<'int8'>
  /** Of each output channel; the zero is 0. */
  readonly scales: Tensor<'float32'>
  /** In units of input scale x scale of the channel. */
  readonly bias: Tensor<'int32'>
}

/** How weights are rounded. */
export interface WeightOptions {
  /** Scale of the convolution's input. */
  readonly inputScale: number
  /** 7 keeps to -63..63, so that a CPU without VNNI cannot overflow its 16 bits. */
  readonly bits: 7 | 8
}

/** Rounds weights [out, …] and bias [out], each output channel by a scale of its own, symmetric about 0. */
export function quantizeWeights(
  weights: Tensor<'float32'>,
  bias: Float32Array | undefined,
  { inputScale, bits }: WeightOptions,
): QuantizedWeights {
  const most = bits === 7 ? 63 : 127
  const [channels] = weights.dims
  const size = weights.data.length / channels
  const rounded = new Int8Array(weights.data.length)
  const scales = new Float32Array(channels)
  const units = new Int32Array(channels)
  for (let c = 0; c < channels; c++) {
    const own = weights.data.subarray(c * size, (c + 1) * size)
    const b = bias?.[c] ?? 0
    // A channel of next to no weights must not push its bias out of 32 bits.
    const forBias = Math.abs(b) / (inputScale * 2 ** 30)
    scales[c] = Math.max(greatest(own) / most, forBias) || 1
    for (let i = 0; i < size; i++) rounded[c * size + i] = Math.round(own[i] / scales[c])
    units[c] = Math.round(b / (inputScale * scales[c]))
  }
  return {
    weights: { type: 'int8', dims: weights.dims, data: rounded },
    scales: { type: 'float32', dims: [channels], data: scales },
    bias: { type: 'int32', dims: [channels], data: units },
  }
}

function greatest(values: Float32Array): number {
  let most = 0
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]))
  return most
}
