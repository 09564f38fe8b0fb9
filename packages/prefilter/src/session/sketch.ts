import { resizeByAveraging } from '../picture/resize.ts'
import type { Plane } from '../plane.ts'

/** A small copy of the noise-normalised residual, kept so that a session can be compared pixel by pixel. */
export interface FrameSketch {
  readonly width: number
  readonly height: number
  /** Base64 of signed bytes, row by row: value times 8, in units of the noise of one sketch pixel, cut at 16. */
  readonly data: string
}

/** Longer side of a sketch: 0.2 MB a frame, so that a thousand frames fit into memory. */
const LONGER_SIDE = 512
const STEPS_PER_SIGMA = 8

/** Averages the residual down to at most 512 pixels and keeps a byte of each. */
export function sketchFrame(residual: Plane): FrameSketch {
  const shrink = Math.min(1, LONGER_SIDE / Math.max(residual.width, residual.height))
  const width = Math.max(1, Math.round(residual.width * shrink))
  const height = Math.max(1, Math.round(residual.height * shrink))
  const small = shrink < 1 ? resizeByAveraging(residual, width, height) : residual
  // The mean of n pixels has a noise of 1 / sqrt(n).
  const gain = STEPS_PER_SIGMA * Math.sqrt((residual.width * residual.height) / (width * height))
  const bytes = Int8Array.from(small.data, (value) =>
    Math.max(-127, Math.min(127, Math.round(value * gain || 0))),
  )
  return { width, height, data: encodeBase64(bytes) }
}

/** The sketch's bytes again. */
export function readSketch({ data }: FrameSketch): Int8Array {
  const text = atob(data)
  const bytes = new Int8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** Noise of one sketch pixel in the byte's units. */
export const sketchSigma = STEPS_PER_SIGMA

/** In pieces: a call takes only so many arguments. */
function encodeBase64(bytes: Int8Array): string {
  const unsigned = new Uint8Array(bytes.buffer)
  let text = ''
  for (let i = 0; i < unsigned.length; i += 8192)
    text += String.fromCharCode(...unsigned.subarray(i, i + 8192))
  return btoa(text)
}
