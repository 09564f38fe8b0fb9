import { readFileSync } from 'node:fs'
import type { Arrays } from '../../src/train/arrays.ts'

type Bits = Readonly<Record<string, readonly number[]>>

/** What PyTorch did; written by tests/reference/model/optimizers.py. */
export interface TorchValues {
  readonly rates: readonly number[]
  readonly start: Bits
  readonly gradients: readonly Bits[]
  readonly runs: Readonly<Record<string, readonly Bits[]>>
  readonly clipped: readonly { most: number; norm: number; gradients: Bits }[]
  readonly schedules: Readonly<Record<string, readonly number[]>>
}

const folder = new URL('../../../../tests/reference/model/values/', import.meta.url)

export function readValues<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
}

/** float32 arrays from the bits of their numbers. */
export function arraysOf(bits: Bits): Arrays {
  return new Map(
    Object.entries(bits).map(([name, own]) => [
      name,
      new Float32Array(Uint32Array.from(own).buffer),
    ]),
  )
}

export function bitsOf(arrays: Arrays): Bits {
  return Object.fromEntries(
    [...arrays].map(([name, own]) => [name, [...new Uint32Array(own.slice().buffer)]]),
  )
}
