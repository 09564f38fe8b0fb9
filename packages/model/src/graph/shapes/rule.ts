import { ModelError } from '../../errors.ts'
import type { DType, Tensor } from '../../tensor.ts'
import { numberOf, numbersOf } from '../attributes.ts'
import { checkedAxis, known } from '../dims.ts'
import type { Attributes, Dim, Value } from '../graph.ts'

/** What an output will be. */
export interface Outcome {
  readonly type: DType
  readonly shape: readonly Dim[]
}

/** One use of an operator. */
export interface Call {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Attributes
  readonly constants: ReadonlyMap<string, Tensor>
}

const MOST_NUMBERS = 4096

export type ShapeRule = (inputs: Inputs) => readonly Outcome[]

/** What shape rules ask of a call. */
export class Inputs {
  readonly call: Call

  constructor(call: Call) {
    this.call = call
  }

  get count(): number {
    return this.call.inputs.length
  }

  has(i: number): boolean {
    return this.call.inputs[i] !== undefined
  }

  at(i: number): Value {
    const value = this.call.inputs[i]
    if (!value) throw new ModelError('BAD_ARGUMENT', `${this.call.op}: input ${i} is missing`)
    return value
  }

  shape(i: number): readonly Dim[] {
    return this.at(i).shape
  }

  /** A size that must be known. */
  dim(i: number, axis: number): number {
    return known(this.shape(i)[axis], `axis ${axis} of ${this.at(i).name}`)
  }

  /** Whole numbers of an input that must be a constant. */
  longs(i: number): number[] {
    const tensor = this.call.constants.get(this.at(i).name)
    if (!tensor) this.wrong(`${this.at(i).name} must be a constant`)
    // Sizes and axes: a damaged file may name a long array of numbers as such.
    if (tensor.data.length > MOST_NUMBERS) this.wrong(`a list of ${tensor.data.length} numbers`)
    return Array.from(tensor.data as ArrayLike<number | bigint>, Number)
  }

  number(name: string, fallback?: number): number {
    return numberOf(this.call.attributes, name, fallback)
  }

  numbers(name: string, fallback?: readonly number[]): readonly number[] {
    return numbersOf(this.call.attributes, name, fallback)
  }

  /** The attribute `axis`, counted from the front, of the first input. */
  axis(fallback = 0): number {
    return checkedAxis(this.number('axis', fallback), this.shape(0).length, this.call.op)
  }

  wrong(message: string): never {
    throw new ModelError('BAD_ARGUMENT', `${this.call.op}: ${message}`)
  }
}

export const like = ({ type, shape }: Value): Outcome => ({ type, shape })
