import { defaultStartMs } from './header.ts'
import type { FieldSpec, Telescope } from './instrument.ts'
import { cos, radians, sin } from './math.ts'
import { deriveSeed } from './random.ts'
import { defaultTelescope } from './telescope.ts'
import type { FrameSpec, Pointing, SkySpec } from './types.ts'

/** Size of a frame in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** A spec with its defaults filled in. */
export interface Scene {
  readonly spec: FrameSpec
  readonly size: Size
  readonly telescope: Telescope
  readonly field: FieldSpec
  readonly sky: SkySpec
  readonly startMs: number
}

/** Fills in what a spec leaves out; refuses sizes that are no image. */
export function sceneOf(spec: FrameSpec): Scene {
  const size = { width: spec.width ?? 1024, height: spec.height ?? 768 }
  for (const [name, value] of Object.entries(size)) {
    if (!Number.isInteger(value) || value < 16) {
      throw new RangeError(`frame ${name} must be a whole number of at least 16, got ${value}`)
    }
  }
  if (!Number.isSafeInteger(spec.seed)) {
    throw new RangeError(`seed must be a whole number, got ${spec.seed}`)
  }
  return {
    spec,
    size,
    telescope: spec.telescope ?? defaultTelescope,
    field: spec.field ?? { seed: deriveSeed(spec.seed, 'field') },
    sky: spec.sky ?? {},
    startMs: spec.startMs ?? defaultStartMs,
  }
}

/** From places in the field (pixels from its centre) to pixels of the frame, and back. */
export interface FieldTransform {
  toPixel(u: number, v: number): { x: number; y: number }
  toField(x: number, y: number): { u: number; v: number }
}

/** Turns the field about the frame centre, then shifts it. */
export function fieldTransform(size: Size, pointing: Pointing = {}): FieldTransform {
  const { dxPx = 0, dyPx = 0, rotationDeg = 0 } = pointing
  const c = cos(radians(rotationDeg))
  const s = sin(radians(rotationDeg))
  const cx = (size.width - 1) / 2 + dxPx
  const cy = (size.height - 1) / 2 + dyPx
  return {
    toPixel: (u, v) => ({ x: cx + u * c - v * s, y: cy + u * s + v * c }),
    toField: (x, y) => ({ u: (x - cx) * c + (y - cy) * s, v: (y - cy) * c - (x - cx) * s }),
  }
}

/** Half side of the square of sky that any dither and rotation of the frame stays in, in pixels. */
export function fieldHalfSide(size: Size): number {
  return Math.ceil(Math.sqrt(size.width * size.width + size.height * size.height) / 2) + 100
}
