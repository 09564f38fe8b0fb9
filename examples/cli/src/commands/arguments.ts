import { InvalidArgumentError } from 'commander'

/** A parser for a whole number within limits; says what was wanted. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text)
    if (!/^[+-]?\d+$/.test(text.trim()) || value < least || value > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
      throw new InvalidArgumentError(`Wanted a whole number ${range}.`)
    }
    return value
  }
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** `1024x768`. Frames smaller than 64 pixels hold no sky worth simulating. */
export function parseSize(text: string): Size {
  const [, width, height] = /^(\d{1,5})[x×](\d{1,5})$/i.exec(text.trim())?.map(Number) ?? []
  if (!width || !height || Math.min(width, height) < 64) {
    throw new InvalidArgumentError('Wanted WIDTHxHEIGHT in pixels, each at least 64.')
  }
  return { width, height }
}

/** A file name that says what it will hold. */
export function parsePngName(text: string): string {
  if (!/\.png$/i.test(text)) throw new InvalidArgumentError('Wanted a name that ends in .png.')
  return text
}

/** A number from 0 to 1. */
export function parseShare(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('Wanted a number from 0 to 1.')
  }
  return value
}

/** A parser for a number above `least` and up to `most`. */
export function parseNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !(value > least && value <= most)) {
      throw new InvalidArgumentError(`Wanted a number above ${least}, at most ${most}.`)
    }
    return value
  }
}
