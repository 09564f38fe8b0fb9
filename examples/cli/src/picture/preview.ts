import { autoStretch, type Plane, resizeByAveraging, toBytes } from '@nebulift/prefilter'
import { encodeGreyWebp } from './webp.ts'

export interface PreviewOptions {
  /** Longer side of the picture in pixels. Default 1000: shows every trail, about 50 kB a frame. */
  readonly longSidePx?: number
  /** Quality of the WebP coding, 0..100. Default 60: noise is smoothed, stars stay. */
  readonly quality?: number
}

/** A coded picture of a frame. */
export interface Preview {
  readonly bytes: Uint8Array
  readonly width: number
  readonly height: number
}

/** Size of a picture whose longer side is at most `longSidePx`, never enlarged, at least one pixel. */
export function fitSize(
  size: { readonly width: number; readonly height: number },
  longSidePx: number,
): { width: number; height: number } {
  const scale = Math.min(1, longSidePx / Math.max(size.width, size.height))
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  }
}

/** A small stretched WebP of a frame, for reports. Works in any thread. */
export async function previewWebp(
  plane: Plane,
  { longSidePx = 1000, quality = 60 }: PreviewOptions = {},
): Promise<Preview> {
  const { width, height } = fitSize(plane, longSidePx)
  // Stretched by the full frame's noise: averaging has made it quieter, and quiet pictures are small.
  const grey = toBytes(
    resizeByAveraging(plane, width, height),
    autoStretch(plane, { targetBackground: 0.2 }),
  )
  const bytes = await encodeWithin(grey, { width, height, quality })
  return { bytes, width, height }
}

/** Bytes a pixel above which a picture is coded again: 1000 by 667 pixels stay near 95 kB. */
const bytesPerPixel = 0.14

/** Noise that was not averaged away costs most of the bytes: a noisy picture is coded more coarsely. */
async function encodeWithin(
  grey: Uint8ClampedArray,
  { width, height, quality }: { width: number; height: number; quality: number },
): Promise<Uint8Array> {
  const bytes = await encodeGreyWebp(grey, width, height, quality)
  const excess = bytes.length / (bytesPerPixel * width * height + 2000)
  if (excess <= 1) return bytes
  return encodeGreyWebp(grey, width, height, Math.max(10, quality / excess ** 1.5))
}
