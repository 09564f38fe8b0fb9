import type { Hdu } from '@nebulift/fits'
import { CliError } from '../errors.ts'

/** A value of a header card; `undefined` where it is absent. */
export type Card = string | number | bigint | boolean | undefined

/** Whether an HDU holds a picture: two axes or more, none of them empty. */
export function isPicture(hdu: Hdu): boolean {
  const kind = hdu.kind === 'image' || hdu.kind === 'compressed-image'
  return kind && hdu.shape.length >= 2 && hdu.shape.every((length) => length > 0)
}

const pixelsOf = (hdu: Hdu) => (hdu.shape[0] ?? 0) * (hdu.shape[1] ?? 0)
const isScience = (hdu: Hdu) => hdu.name?.trim().toUpperCase() === 'SCI'

/**
 * The picture of the sky in a file: the extension asked for, else the first named SCI, else the
 * largest (the first of equals). One clear line where there is none.
 */
export function chooseImage(hdus: readonly Hdu[], wanted?: number): Hdu {
  if (wanted !== undefined) {
    const hdu = hdus[wanted]
    if (!hdu) throw new CliError(`has no HDU ${wanted}; the last is ${hdus.length - 1}`)
    if (!isPicture(hdu)) throw new CliError(`HDU ${wanted} holds no picture (it is: ${hdu.kind})`)
    return hdu
  }
  const pictures = hdus.filter(isPicture)
  const [first, ...others] = pictures
  if (!first) throw new CliError(`holds no picture, only ${describeContent(hdus)}`)
  return (
    pictures.find(isScience) ??
    others.reduce((best, hdu) => (pixelsOf(hdu) > pixelsOf(best) ? hdu : best), first)
  )
}

function describeContent(hdus: readonly Hdu[]): string {
  const full = hdus.filter(({ shape }) => shape.some((length) => length > 0))
  const kinds = [...new Set(full.map(({ kind, shape }) => describeKind(kind, shape)))]
  return kinds.join(' and ') || 'headers without data'
}

function describeKind(kind: Hdu['kind'], shape: readonly number[]): string {
  return kind === 'image' && shape.length === 1 ? 'a row of numbers' : `data of kind ${kind}`
}

/** Cards of an extension with the primary header's behind them, as observatories write them. */
export function mergedHeader(hdus: readonly Hdu[], hdu: Hdu): (keyword: string) => Card {
  const primary = hdus[0]
  return (keyword) => (hdu.header.get(keyword) ?? primary?.header.get(keyword)) as Card
}
