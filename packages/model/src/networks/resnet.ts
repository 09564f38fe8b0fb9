import type { Value } from '../graph/graph.ts'
import { add, mul, relu, scalar } from '../graph/ops/elementwise.ts'
import { concat, flatten } from '../graph/ops/layout.ts'
import { linear } from '../graph/ops/products.ts'
import { conv, globalAveragePool, maxPool } from '../graph/ops/windows.ts'
import type { Network, Scope } from './network.ts'

/** What a ResNet18 is made for. */
export interface Resnet18Options {
  /** Default 1000, ImageNet's. */
  readonly classes?: number
  /** Channels of the picture. Default 3. */
  readonly channels?: number
  /** Rows and columns of the picture. Default 224. */
  readonly sizePx?: number
  /** Factor on the channels of every layer, which are then rounded to whole 16s. Default 1: 64 to 512. */
  readonly width?: number
  /** Numbers given beside the picture, which join its features before the last layer. Default 0: none. */
  readonly evidence?: number
}

/** Units of each layer that looks at the evidence. */
const EVIDENCE_UNITS = 64
/** Evidence within -1..1 is mostly small; spread out, it is learned as fast as the picture. */
const EVIDENCE_SCALE = 4

/**
 * ResNet18 (He et al. 2016) with torchvision's parameter names, so that its weights can be taken over. The
 * inputs are `image` [N, channels, size, size] and, where asked for, `evidence` [N, n].
 */
export function resnet18(options: Resnet18Options = {}): Network {
  const { classes = 1000, channels = 3, sizePx = 224, width = 1, evidence = 0 } = options
  const widths = [64, 128, 256, 512].map((n) => Math.max(16, Math.round((n * width) / 16) * 16))
  return {
    name: 'resnet18',
    inputs: { image: [channels, sizePx, sizePx], ...(evidence > 0 && { evidence: [evidence] }) },
    classes,
    settings: { classes, channels, sizePx, width, evidence },
    trunk: (scope, { image, evidence: numbers }) => {
      const features = picture(scope, image, widths)
      if (!numbers) return features
      const joined = concat(scope.g, [features, evidenceFeatures(scope, numbers)], 1)
      // A layer over both: what a picture means depends on what is known beside it.
      return relu(scope.g, dense(scope, joined, { name: 'joined', units: EVIDENCE_UNITS }))
    },
    head: (scope, features) => dense(scope, features, { name: 'fc', units: classes }),
  }
}

function evidenceFeatures(scope: Scope, numbers: Value): Value {
  const { g } = scope
  const layer = (x: Value, i: number) =>
    relu(g, dense(scope, x, { name: `evidence.${i}`, units: EVIDENCE_UNITS }))
  return layer(layer(mul(g, numbers, scalar(g, EVIDENCE_SCALE)), 0), 1)
}

function picture(scope: Scope, image: Value, widths: readonly number[]): Value {
  const { g } = scope
  const first = scope.norm(
    'bn1',
    convolution(scope, image, { name: 'conv1', to: widths[0], kernel: 7, stride: 2 }),
  )
  // The maximum and the ReLU can change places, and then the ReLU has a quarter of the pixels.
  let x = relu(g, maxPool(g, first, { kernel: 3, stride: 2, pad: 1 }))
  for (const [i, to] of widths.entries()) {
    for (const block of [0, 1]) {
      x = basicBlock(scope, x, {
        name: `layer${i + 1}.${block}`,
        to,
        stride: i > 0 && block === 0 ? 2 : 1,
      })
    }
  }
  return flatten(g, globalAveragePool(g, x))
}

function basicBlock(
  scope: Scope,
  x: Value,
  { name, to, stride }: { name: string; to: number; stride: number },
): Value {
  const { g } = scope
  const from = x.shape[1]
  const a = convolution(scope, x, { name: `${name}.conv1`, to, kernel: 3, stride })
  const middle = relu(g, scope.norm(`${name}.bn1`, a))
  const b = convolution(scope, middle, { name: `${name}.conv2`, to, kernel: 3, stride: 1 })
  const straight =
    stride === 1 && from === to
      ? x
      : scope.norm(
          `${name}.downsample.1`,
          convolution(scope, x, { name: `${name}.downsample.0`, to, kernel: 1, stride }),
        )
  return relu(g, add(g, scope.norm(`${name}.bn2`, b), straight))
}

interface Layer {
  readonly name: string
  readonly to: number
  readonly kernel: number
  readonly stride: number
}

function convolution(scope: Scope, x: Value, { name, to, kernel, stride }: Layer): Value {
  const from = Number(x.shape[1])
  const w = scope.parameter(`${name}.weight`, [to, from, kernel, kernel], { kind: 'he' })
  return conv(scope.g, [x, w], { stride, pad: (kernel - 1) / 2, name })
}

function dense(scope: Scope, x: Value, { name, units }: { name: string; units: number }): Value {
  const from = Number(x.shape[1])
  const initial = { kind: 'linear', fanIn: from } as const
  const w = scope.parameter(`${name}.weight`, [units, from], initial)
  const b = scope.parameter(`${name}.bias`, [units], initial)
  return linear(scope.g, x, { w, b })
}
