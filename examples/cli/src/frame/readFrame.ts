import {
  bayerPattern,
  type Hdu,
  type Header,
  isFitsError,
  luminancePlane,
  openFits,
  type Plane,
  readPlane,
} from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { type Card, chooseImage, mergedHeader } from './chooseImage.ts'
import { headerTellsMosaic, looksLikeMosaic, type MosaicSource, mosaicBands } from './mosaic.ts'

/** Counts the ways in which files were turned into planes; measurements of another way are not comparable. */
export const readingVersion = 2

/** A frame's picture as it is judged. */
export interface Frame {
  /** Brightness only: the mean of three colour planes, or 2x2 means of a Bayer mosaic. */
  readonly plane: Plane
  /** Sensor pixels along one pixel of `plane`: 2 for a Bayer mosaic, else 1. */
  readonly factor: 1 | 2
  /** What says that the picture is a mosaic; `pixels` where the header is silent. */
  readonly mosaic?: MosaicSource
  /** Size of the picture in the file. */
  readonly width: number
  readonly height: number
  /** Number of the HDU that holds it. */
  readonly hdu: number
  /** Header values, the extension's before the primary's. */
  readonly get: (keyword: string) => Card
}

/** Reads the picture to be judged; the file is closed and its raw bytes are free afterwards. */
export async function readFrame(path: string, { hdu }: { hdu?: number } = {}): Promise<Frame> {
  const source = await fileSource(path)
  try {
    const hdus = await openFits(source)
    const chosen = chooseImage(hdus, hdu)
    const brightness = await readBrightness(chosen)
    const [width = 0, height = 0] = chosen.shape
    return { ...brightness, width, height, hdu: chosen.index, get: mergedHeader(hdus, chosen) }
  } finally {
    await source.close()
  }
}

async function readBrightness(hdu: Hdu): Promise<Pick<Frame, 'plane' | 'factor' | 'mosaic'>> {
  const [width = 0, height = 0, depth = 1] = hdu.shape
  if (depth === 3) return { plane: await meanOfColours(hdu), factor: 1 }
  const plane = await readPlane(hdu)
  if (depth !== 1 || width < 2 || height < 2) return { plane, factor: 1 }
  const mosaic = mosaicOf(hdu.header, plane)
  return mosaic ? { plane: luminancePlane(plane), factor: 2, mosaic } : { plane, factor: 1 }
}

function mosaicOf(header: Header, { data, width, height }: Plane): MosaicSource | undefined {
  if (headerTellsMosaic(header)) return bayerPattern(header) ? 'header' : undefined
  const bands = mosaicBands(height).map((y) => {
    return { data: data.subarray(y * width, (y + 2) * width), width, height: 2 }
  })
  return looksLikeMosaic(bands) ? 'pixels' : undefined
}

/**
 * Whether a picture would be read as a mosaic though its header is silent; reads a few rows only. What cannot be
 * read is taken for no mosaic.
 */
export async function assumesMosaic(hdu: Hdu): Promise<boolean> {
  const [width = 0, height = 0, depth = 1] = hdu.shape
  if (depth !== 1 || width < 2 || height < 2 || headerTellsMosaic(hdu.header)) return false
  try {
    const bands: Plane[] = []
    for (const y of mosaicBands(height)) {
      bands.push(await readPlane(hdu, { section: { x: 0, y, width, height: 2 } }))
    }
    return looksLikeMosaic(bands)
  } catch (error) {
    if (isFitsError(error)) return false
    throw error
  }
}

async function meanOfColours(hdu: Hdu): Promise<Plane> {
  const sum = await readPlane(hdu, { index: 0 })
  for (const colour of [1, 2]) {
    const { data } = await readPlane(hdu, { index: colour })
    for (let i = 0; i < data.length; i++) sum.data[i] = (sum.data[i] ?? 0) + (data[i] ?? 0)
  }
  for (let i = 0; i < sum.data.length; i++) sum.data[i] = (sum.data[i] ?? 0) / 3
  return sum
}
