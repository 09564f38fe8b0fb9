import { autoStretch, type Plane, resizeByAveraging, toBytes } from '@nebulift/prefilter'
import { encodeGreyWebp } from './webp.ts'

export interface PreviewOptions {
  /** Longer side of the picture in pixels. Default 1000: shows every trail in 10 to 90 kB. */
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
  const bytes = await encodeGreyWebp(grey, width, height, quality * calmness(grey))
  return { bytes, width, height }
}

/** Mean step between neighbours, in grey levels, from which noise costs more bytes than the stars. */
const roughStep = 8

/** 1 for most pictures, less for noisy ones: these are coded more coarsely and stay below 100 kB. */
function calmness(grey: Uint8ClampedArray): number {
  let steps = 0
  for (let i = 1; i < grey.length; i++) steps += Math.abs(grey[i]! - grey[i - 1]!)
  return Math.min(1, (roughStep * grey.length) / Math.max(1, steps))
}
