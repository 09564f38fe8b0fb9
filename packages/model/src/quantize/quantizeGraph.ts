import { ModelError } from '../errors.ts'
import { numberOf } from '../graph/attributes.ts'
import { ONNX } from '../graph/domains.ts'
import { pruned } from '../graph/finish.ts'
import type { Attributes, Graph, Node, Value } from '../graph/graph.ts'
import { arrayOf, type Tensor, tensor } from '../tensor.ts'
import { type Affine, affineOf, quantizeWeights, type Range } from './numbers.ts'
import type { QuantizationPlan, Site } from './plan.ts'

/**
 * The planned graph with weights in int8 and with pairs of QuantizeLinear and DequantizeLinear around what
 * shall run in int8 (QDQ): u8 activations, s8 weights of one scale a channel, s32 bias. Standard operators
 * of opset 18; a runtime that knows the pattern computes in whole numbers.
 * @param ranges of every value that `plan.points` names
 */
export function quantizeGraph(
  plan: QuantizationPlan,
  ranges: ReadonlyMap<string, Range>,
  { weightBits }: { readonly weightBits: 7 | 8 },
): Graph {
  return new Quantizer(plan, ranges, weightBits).build()
}

/** Dense layers from this many weights on are kept in 8 bits, too, and computed in float. */
const LARGE = 2 ** 16

class Quantizer {
  readonly #plan: QuantizationPlan
  readonly #ranges: ReadonlyMap<string, Range>
  readonly #bits: 7 | 8
  readonly #constants: Map<string, Tensor>
  readonly #nodes: Node[] = []
  readonly #taken: Set<string>
  /** What readers of an input of the graph read instead. */
  readonly #instead = new Map<string, Value>()

  constructor(plan: QuantizationPlan, ranges: ReadonlyMap<string, Range>, bits: 7 | 8) {
    this.#plan = plan
    this.#ranges = ranges
    this.#bits = bits
    this.#constants = new Map(plan.graph.constants)
    const { nodes, inputs } = plan.graph
    const values = [...inputs, ...nodes.flatMap((node) => node.outputs)]
    this.#taken = new Set([...this.#constants.keys(), ...values.map(({ name }) => name)])
  }

  build(): Graph {
    const { graph, sites, points } = this.#plan
    const absorbed = new Set(sites.flatMap(({ relu }) => relu ?? []))
    const siteOf = new Map(sites.map((site) => [site.node, site]))
    for (const input of graph.inputs) {
      if (!points.has(input.name)) continue
      const rounded = this.#like(input, 'rounded')
      this.#instead.set(input.name, this.#pair(input, rounded, this.#affine(input)))
    }
    for (const node of graph.nodes) {
      const site = siteOf.get(node)
      if (site) this.#site(site)
      else if (!absorbed.has(node)) this.#float(node)
    }
    const { name, inputs, outputs } = graph
    const draft = { name, inputs, constants: this.#constants, nodes: this.#nodes }
    return pruned({ ...draft, fresh: (wanted) => this.#fresh(wanted) }, outputs)
  }

  #site({ node, relu, result }: Site): void {
    const affine = this.#affine(result)
    // Rounding to a range that begins at 0 is the ReLU; any other range needs it.
    if (relu && affine.zero !== 0) {
      throw new ModelError('BAD_ARGUMENT', `the range of ${result.name} begins below its ReLU's 0`)
    }
    const exact = this.#like(result, 'exact')
    const inputs = node.op === 'Conv' ? this.#convInputs(node, result.name) : this.#read(node)
    this.#nodes.push({ ...node, inputs, outputs: [exact] })
    this.#pair(exact, result, affine)
  }

  #convInputs(node: Node, name: string): Value[] {
    const [x, w, b] = node.inputs
    const weights = w && this.#constants.get(w.name)
    if (!x || weights?.type !== 'float32') {
      throw new ModelError('BAD_ARGUMENT', `internal: ${name} has no weights`)
    }
    const bias = b && (this.#constants.get(b.name)?.data as Float32Array)
    const inputScale = this.#affine(x).scale
    const quantized = quantizeWeights(weights as Tensor<'float32'>, bias, {
      inputScale,
      bits: this.#bits,
    })
    const scales = quantized.scales.data
    const parts = [
      this.#instead.get(x.name) ?? x,
      this.#dequantized(`${name}:weight`, quantized.weights, scales),
    ]
    if (bias) {
      const units = scales.map((scale) => scale * inputScale)
      parts.push(this.#dequantized(`${name}:bias`, quantized.bias, units))
    }
    return parts
  }

  /** What stays float: its inputs are dequantised, and its result rounded where a convolution reads it. */
  #float(node: Node): void {
    const outputs = node.outputs.map((y) =>
      this.#plan.points.has(y.name) ? this.#like(y, 'exact') : y,
    )
    const inputs = this.#read(node)
    const w = node.op === 'Gemm' && node.inputs[1]
    if (w && numberOf(node.attributes, 'transB', 0) === 1) inputs[1] = this.#small(w)
    this.#nodes.push({ ...node, inputs, outputs })
    for (const [i, y] of node.outputs.entries()) {
      if (outputs[i] !== y) this.#pair(outputs[i], y, this.#affine(y))
    }
  }

  /**
   * Large weights [out, in] in 8 bits, a scale a row. Written as a product of constants, which runtimes work
   * out once, at load; a DequantizeLinear they would leave to every run.
   */
  #small(w: Value): Value {
    const weights = this.#constants.get(w.name)
    if (weights?.type !== 'float32' || weights.data.length < LARGE) return w
    const options = { inputScale: 1, bits: 8 } as const
    const quantized = quantizeWeights(weights as Tensor<'float32'>, undefined, options)
    const whole = this.#constant(`${w.name}:whole`, quantized.weights)
    const scales = quantized.scales.data
    const rows = this.#constant(`${w.name}:scale`, tensor(scales, [scales.length, 1]))
    const cast = this.#add('Cast', [whole], this.#like(w, 'cast'), { to: 1 })
    return this.#add('Mul', [cast, rows], this.#like(w, 'weight'))
  }

  /** Float numbers that are kept as whole ones with a scale for each place of the first axis. */
  #dequantized(name: string, whole: Tensor, scales: Float32Array): Value {
    const zeros = new (arrayOf(whole.type))(scales.length)
    const inputs = [
      this.#constant(`${name}:whole`, whole),
      this.#constant(`${name}:scale`, tensor(scales)),
      this.#constant(`${name}:zero`, { ...whole, dims: [scales.length], data: zeros } as Tensor),
    ]
    const y: Value = { name: this.#fresh(name), type: 'float32', shape: whole.dims }
    return this.#add('DequantizeLinear', inputs, y, { axis: 0 })
  }

  /** Rounds `x` to u8; the numbers it then stands for are `y`. */
  #pair(x: Value, y: Value, { scale, zero }: Affine): Value {
    const about = [
      this.#constant(`${y.name}:scale`, tensor([scale], [])),
      this.#constant(`${y.name}:zero`, { type: 'uint8', dims: [], data: Uint8Array.of(zero) }),
    ]
    const u8: Value = { ...this.#like(y, 'u8'), type: 'uint8' }
    this.#add('QuantizeLinear', [x, ...about], u8)
    return this.#add('DequantizeLinear', [u8, ...about], y)
  }

  #affine({ name }: Value): Affine {
    const range = this.#ranges.get(this.#plan.points.get(name) ?? '')
    if (!range) throw new ModelError('BAD_ARGUMENT', `quantizeGraph: no range of ${name}`)
    return affineOf(range)
  }

  #constant(wanted: string, tensor: Tensor): Value {
    const name = this.#fresh(wanted)
    this.#constants.set(name, tensor)
    return { name, type: tensor.type, shape: tensor.dims }
  }

  /** A new value of the same type and shape. */
  #like(value: Value, what: string): Value {
    return { ...value, name: this.#fresh(`${value.name}:${what}`) }
  }

  #fresh(wanted: string): string {
    let name = wanted
    for (let i = 1; this.#taken.has(name); i++) name = `${wanted}_${i}`
    this.#taken.add(name)
    return name
  }

  #add(op: string, inputs: readonly Value[], y: Value, attributes: Attributes = {}): Value {
    this.#nodes.push({ op, domain: ONNX, inputs, outputs: [y], attributes })
    return y
  }

  #read({ inputs }: Node): (Value | undefined)[] {
    return inputs.map((input) => input && (this.#instead.get(input.name) ?? input))
  }
}
