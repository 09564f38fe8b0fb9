import { ModelError } from '../errors.ts'
import type { Attributes, FloatAttribute } from './graph.ts'

/** An attribute that is a number, whole or float. */
export function numberOf(attributes: Attributes, name: string, fallback?: number): number {
  const value = attributes[name]
  if (typeof value === 'number') return value
  if (typeof value === 'object' && 'float' in value) return (value as FloatAttribute).float
  if (value === undefined && fallback !== undefined) return fallback
  throw new ModelError('BAD_ARGUMENT', `attribute ${name}: wanted a number`)
}

/** An attribute that is a list of whole numbers. */
export function numbersOf(
  attributes: Attributes,
  name: string,
  fallback?: readonly number[],
): readonly number[] {
  const value = attributes[name]
  if (Array.isArray(value)) return value as readonly number[]
  if (value === undefined && fallback) return fallback
  throw new ModelError('BAD_ARGUMENT', `attribute ${name}: wanted a list of numbers`)
}

/** An attribute that is a text. */
export function textOf(attributes: Attributes, name: string, fallback: string): string {
  const value = attributes[name]
  return typeof value === 'string' ? value : fallback
}
