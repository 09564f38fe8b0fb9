import { type Color, createRaster, drawGrey, drawText, type Raster } from '../picture/raster.ts'
import { type DatasetExample, datasetShape } from './manifest.ts'

/** Examples on one sheet: fits a screen, and each trail is still seen. */
export const sheetExamples = 60

const across = 5
const [channels, sidePx] = datasetShape
/** Sides of the pictures are halved. */
const shownPx = sidePx / 2
const captionPx = 22
const gapPx = 8
const cell = { width: channels * shownPx + gapPx, height: shownPx + captionPx + gapPx }

const paper: Color = [13, 18, 28]
const ink: Color = [232, 238, 248]
const quiet: Color = [150, 164, 188]

/** An example and its picture. */
export interface Shown {
  readonly example: DatasetExample
  readonly bytes: Uint8Array
}

/** Draws examples side by side: for each its three channels, its name, its label and why. */
export function contactSheet(shown: readonly Shown[]): Raster {
  const rows = Math.ceil(shown.length / across)
  const columns = Math.min(across, shown.length)
  const raster = createRaster(columns * cell.width + gapPx, rows * cell.height + gapPx, paper)
  shown.forEach((each, i) => {
    const x = gapPx + (i % across) * cell.width
    const y = gapPx + Math.floor(i / across) * cell.height
    drawExample(raster, each, { x, y })
  })
  return raster
}

function drawExample(
  raster: Raster,
  { example, bytes }: Shown,
  { x, y }: { x: number; y: number },
): void {
  const area = sidePx * sidePx
  for (let channel = 0; channel < channels; channel++) {
    const plane = bytes.subarray(channel * area, (channel + 1) * area)
    // The second holds maxima already: a mean would thin its trails out.
    const grey = halved(plane, channel === 1 ? Math.max : mean)
    const box = { x: x + channel * shownPx, y: y + captionPx, width: shownPx, height: shownPx }
    drawGrey(raster, grey, box)
  }
  const { id, split, flaws, prefilter, labelledBy } = example
  const none = example.label === 'review' ? 'not certain' : 'nothing wrong'
  const why = flaws.length > 0 ? flaws.join(' ') : none
  const letters = Math.floor((channels * shownPx) / 6)
  const [first, second] = [
    `${id} ${split} score ${prefilter.score.toFixed(2)} ${prefilter.verdict}`,
    `${labelledBy}: ${why}`,
  ]
  drawText(raster, first.slice(0, letters), { x, y, scale: 1, color: ink })
  drawText(raster, second.slice(0, letters), { x, y: y + 11, scale: 1, color: quiet })
}

const mean = (a: number, b: number, c: number, d: number) => (a + b + c + d) / 4

function halved(
  plane: Uint8Array,
  merge: (a: number, b: number, c: number, d: number) => number,
): Uint8ClampedArray {
  const small = new Uint8ClampedArray(shownPx * shownPx)
  for (let row = 0; row < shownPx; row++)
    for (let column = 0; column < shownPx; column++) {
      const i = 2 * row * sidePx + 2 * column
      const below = i + sidePx
      small[row * shownPx + column] = merge(
        plane[i] ?? 0,
        plane[i + 1] ?? 0,
        plane[below] ?? 0,
        plane[below + 1] ?? 0,
      )
    }
  return small
}
