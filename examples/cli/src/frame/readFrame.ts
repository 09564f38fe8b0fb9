import {
  bayerPattern,
  type Hdu,
  luminancePlane,
  openFits,
  type Plane,
  readPlane,
} from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { type Card, chooseImage, mergedHeader } from './chooseImage.ts'

/** A frame's picture as it is judged. */
export interface Frame {
  /** Brightness only: the mean of three colour planes, or 2x2 means of a Bayer mosaic. */
  readonly plane: Plane
  /** Sensor pixels along one pixel of `plane`: 2 for a Bayer mosaic, else 1. */
  readonly factor: 1 | 2
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
    const { plane, factor } = await readBrightness(chosen)
    const [width = 0, height = 0] = chosen.shape
    return { plane, factor, width, height, hdu: chosen.index, get: mergedHeader(hdus, chosen) }
  } finally {
    await source.close()
  }
}

async function readBrightness(hdu: Hdu): Promise<{ plane: Plane; factor: 1 | 2 }> {
  const [width = 0, height = 0, depth = 1] = hdu.shape
  if (depth === 3) return { plane: await meanOfColours(hdu), factor: 1 }
  const plane = await readPlane(hdu)
  const mosaic = depth === 1 && width >= 2 && height >= 2 && bayerPattern(hdu.header)
  return mosaic ? { plane: luminancePlane(plane), factor: 2 } : { plane, factor: 1 }
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
