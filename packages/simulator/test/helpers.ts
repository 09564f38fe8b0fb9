import { createHash } from 'node:crypto'
import {
  defaultTelescope,
  type FieldSpec,
  type FrameSpec,
  type Plane,
  type SimulatedFrame,
  simulateFrame,
  type Telescope,
} from '../src/index.ts'

/** A telescope without any flaw: what is measured is what was asked for. */
export const idealTelescope: Telescope = {
  ...defaultTelescope,
  aureole: 0,
  spikes: { vanes: 0, angleDeg: 0, strength: 0, lengthPx: 20 },
  halo: { radiusPx: 60, share: 0 },
  gainE: 2,
  readNoiseE: 3,
  fullWellE: 120_000,
  skyE: 400,
  darkE: 0,
  vignetting: 0,
  dustMotes: 0,
  tiltPx: 0,
  curvaturePx: 0,
  comaPx: 0,
  hotPixelsPerMpx: 0,
  deadPixelsPerMpx: 0,
  warmColumns: 0,
  cosmicRaysPerMpx: 0,
  ampGlowE: 0,
  bandingE: 0,
}

/** A sky with nothing in it. */
export const emptyField: FieldSpec = { seed: 1, starsPerMpx: 0, galaxiesPerMpx: 0 }

/** An empty 257 x 257 frame of the ideal telescope; its centre is the centre of pixel (128, 128). */
export function plainFrame(spec: Partial<FrameSpec> = {}): SimulatedFrame {
  return simulateFrame({
    seed: 1,
    width: 257,
    height: 257,
    telescope: idealTelescope,
    field: emptyField,
    ...spec,
  })
}

/** Mean, variance and median of numbers. */
export function statistics(values: ArrayLike<number>): {
  mean: number
  variance: number
  median: number
} {
  let sum = 0
  let squares = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  const mean = sum / values.length
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2
  const median = Float64Array.from(values).sort()[values.length >> 1]!
  return { mean, variance: squares / (values.length - 1), median }
}

/** Light above the background within a circle, in the units of the plane. */
export function lightWithin(
  plane: Plane,
  x: number,
  y: number,
  radius: number,
  background: number,
): number {
  let sum = 0
  forEachPixel(plane, (px, py, value) => {
    if ((px - x) ** 2 + (py - y) ** 2 <= radius * radius) sum += value - background
  })
  return sum
}

/** Calls `visit` for every pixel. */
export function forEachPixel(
  plane: Plane,
  visit: (x: number, y: number, value: number) => void,
): void {
  for (let y = 0, i = 0; y < plane.height; y++) {
    for (let x = 0; x < plane.width; x++, i++) visit(x, y, plane.data[i]!)
  }
}

/** SHA-256 of the pixels as 16-bit numbers, first byte low. */
export function hashOf(plane: Plane): string {
  const bytes = new DataView(new ArrayBuffer(plane.data.length * 2))
  plane.data.forEach((value, i) => {
    bytes.setUint16(2 * i, value, true)
  })
  return createHash('sha256').update(bytes).digest('hex')
}
