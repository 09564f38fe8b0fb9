import type { Plane } from '@nebulift/prefilter'
import { autoStretch, resizeByAveraging, toBytes } from './stretch.ts'
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
  const grey = toBytes(autoStretch(resizeByAveraging(plane, width, height)))
  return { bytes: await encodeGreyWebp(grey, width, height, quality), width, height }
}
