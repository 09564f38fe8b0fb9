import type { Point } from '../report/page/outline.ts'
import { glyphDot, glyphHeight, glyphWidth } from './font.ts'

/** Red, green and blue, 0..255. */
export type Color = readonly [number, number, number]

/** A colour picture in row order, three bytes a pixel. */
export interface Raster {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** A rectangle of a raster; parts outside it are not drawn. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A raster of one colour. */
export function createRaster(width: number, height: number, [red, green, blue]: Color): Raster {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red
    data[i + 1] = green
    data[i + 2] = blue
  }
  return { data, width, height }
}

/** Lays grey values, row by row, at a place of the raster. */
export function drawGrey(raster: Raster, grey: Uint8ClampedArray, box: Box): void {
  for (let y = 0; y < box.height; y++) {
    let to = ((box.y + y) * raster.width + box.x) * 3
    for (let i = y * box.width; i < (y + 1) * box.width; i++) {
      raster.data[to++] = grey[i]!
      raster.data[to++] = grey[i]!
      raster.data[to++] = grey[i]!
    }
  }
}

function blend(raster: Raster, x: number, y: number, color: Color, alpha: number): void {
  if (x < 0 || y < 0 || x >= raster.width || y >= raster.height) return
  const at = (y * raster.width + x) * 3
  for (let k = 0; k < 3; k++) {
    const old = raster.data[at + k]!
    raster.data[at + k] = Math.round(old + (color[k]! - old) * alpha)
  }
}

/** Tints a box with a colour; `alpha` 0 leaves it, 1 covers it. */
export function tintBox(raster: Raster, box: Box, color: Color, alpha: number): void {
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) blend(raster, x, y, color, alpha)
  }
}

/** A straight line with round ends, anti-aliased: each pixel by its distance from the line. */
export function drawLine(
  raster: Raster,
  [from, to]: readonly [Point, Point],
  { color, widthPx, clip }: { color: Color; widthPx: number; clip?: Box },
): void {
  const reach = widthPx / 2 + 1
  const area = clip ?? { x: 0, y: 0, width: raster.width, height: raster.height }
  const top = Math.max(area.y, Math.floor(Math.min(from.y, to.y) - reach))
  const bottom = Math.min(area.y + area.height - 1, Math.ceil(Math.max(from.y, to.y) + reach))
  const dx = to.x - from.x
  const dy = to.y - from.y
  const squared = dx * dx + dy * dy || 1
  for (let y = top; y <= bottom; y++) {
    const [left, right] = spanOfRow(from, to, y, reach)
    const end = Math.min(area.x + area.width - 1, right)
    for (let x = Math.max(area.x, left); x <= end; x++) {
      const along = ((x - from.x) * dx + (y - from.y) * dy) / squared
      const at = Math.min(1, Math.max(0, along))
      const away = Math.hypot(x - from.x - at * dx, y - from.y - at * dy)
      const alpha = widthPx / 2 + 0.5 - away
      if (alpha > 0) blend(raster, x, y, color, Math.min(1, alpha))
    }
  }
}

/** Columns that a line of a given reach can touch in a row, so that long lines cost their length only. */
function spanOfRow(from: Point, to: Point, y: number, reach: number): readonly [number, number] {
  const dy = to.y - from.y
  const low = Math.min(from.x, to.x)
  const high = Math.max(from.x, to.x)
  if (Math.abs(dy) < 1) return [Math.floor(low - reach), Math.ceil(high + reach)]
  const slope = (to.x - from.x) / dy
  const centre = from.x + (y - from.y) * slope
  const wide = reach * Math.hypot(1, slope)
  return [
    Math.floor(Math.max(low - reach, centre - wide)),
    Math.ceil(Math.min(high + reach, centre + wide)),
  ]
}

/** A line through several points. */
export function drawPath(
  raster: Raster,
  points: readonly Point[],
  style: { color: Color; widthPx: number; clip?: Box },
): void {
  for (let i = 1; i < points.length; i++) drawLine(raster, [points[i - 1]!, points[i]!], style)
}

/** Width of a text in pixels at a whole-numbered scale. */
export function textWidth(text: string, scale: number): number {
  return Math.max(0, text.length * (glyphWidth + 1) - 1) * scale
}

/** Draws text with its top left corner at a point. Slanted strokes are smoothed at scales above one. */
export function drawText(
  raster: Raster,
  text: string,
  { x, y, scale, color }: Point & { scale: number; color: Color },
): void {
  for (const [index, letter] of [...text].entries()) {
    const left = x + index * (glyphWidth + 1) * scale
    for (let row = 0; row < glyphHeight * scale; row++) {
      for (let column = 0; column < glyphWidth * scale; column++) {
        const alpha = inkAt(letter, (column + 0.5) / scale, (row + 0.5) / scale, scale)
        if (alpha > 0) blend(raster, left + column, y + row, color, alpha)
      }
    }
  }
}

/** Ink of a letter at a point in dots: full within a dot, partial in the notch of a diagonal step. */
function inkAt(letter: string, u: number, v: number, scale: number): number {
  const column = Math.floor(u)
  const row = Math.floor(v)
  if (glyphDot(letter, column, row)) return 1
  if (scale === 1) return 0
  const sideways = u - column < 0.5 ? -1 : 1
  const upright = v - row < 0.5 ? -1 : 1
  const beside = glyphDot(letter, column + sideways, row)
  const above = glyphDot(letter, column, row + upright)
  if (!beside || !above || glyphDot(letter, column + sideways, row + upright)) return 0
  const gone = Math.abs(u - column - 0.5) + Math.abs(v - row - 0.5) - 0.5
  return Math.min(1, Math.max(0, gone * scale + 0.5))
}
