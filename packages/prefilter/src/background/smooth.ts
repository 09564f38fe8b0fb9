import { type Kernels, kernels, scratch } from '../kernels.ts'
import type { Plane } from '../plane.ts'
import { type Mesh, padMesh, valueBeyond } from './mesh.ts'
import type { BackgroundModel } from './model.ts'

interface SkyKernels extends Kernels {
  interpolateRow(
    mesh: number,
    columns: number,
    rows: number,
    cell: number,
    y: number,
    width: number,
    linear: boolean,
    knots: number,
    out: number,
  ): void
  normaliseRow(pixels: number, level: number, rms: number, width: number, blank: number): void
}

/** Pixels copied into the kernels' memory at a time. */
const bandPixels = 1 << 17
const margin = 2

/**
 * Level and noise of the smooth sky at one place: the mesh interpolated by Catmull-Rom cubics for the level
 * and linearly for the noise; beyond the outermost cell centres the level goes on straight.
 */
export function backgroundAt(
  model: BackgroundModel,
  x: number,
  y: number,
): { level: number; rms: number } {
  const { cellPx, columns, rows } = model
  const u = (x + 0.5) / cellPx - 0.5
  const v = (y + 0.5) / cellPx - 0.5
  const column = Math.floor(Math.min(Math.max(u, -1), columns - 1))
  const row = Math.floor(Math.min(Math.max(v, -1), rows - 1))
  const sum = (mesh: Mesh, straight: boolean, across: Weights, along: Weights) => {
    let total = 0
    for (let k = 0; k < 16; k++) {
      const weight = across[k & 3] * along[k >> 2]
      if (weight !== 0)
        total += weight * valueBeyond(mesh, column - 1 + (k & 3), row - 1 + (k >> 2), straight)
    }
    return total
  }
  const level = { values: model.level, columns, rows }
  const rms = { values: model.rms, columns, rows }
  return {
    level: sum(level, true, catmullRom(u - column), catmullRom(v - row)),
    rms: sum(rms, false, linear(u - column), linear(v - row)),
  }
}

type Weights = readonly [number, number, number, number]

function catmullRom(t: number): Weights {
  return [
    0.5 * t * (t * (2 - t) - 1),
    0.5 * (t * t * (3 * t - 5) + 2),
    0.5 * t * (t * (4 - 3 * t) + 1),
    0.5 * t * t * (t - 1),
  ]
}

function linear(t: number): Weights {
  return [0, 1 - t, t, 0]
}

/** The smooth sky at full resolution, image units. */
export function backgroundPlane(model: BackgroundModel): Plane {
  const { width, height } = model
  const data = new Float32Array(width * height)
  const sky = laySky(model)
  for (let y = 0; y < height; y++) {
    sky.interpolateLevel(y)
    data.set(sky.levelRow(), y * width)
  }
  return { data, width, height }
}

/**
 * (pixel - level) / noise at full resolution: mean 0 and standard deviation 1 where there is only sky.
 * NaN, infinite and blank pixels become 0. `into` (of the plane's length; it may be the plane's own data)
 * receives the values instead of a new array.
 */
export function normaliseByNoise(
  plane: Plane,
  model: BackgroundModel,
  into: Float32Array = new Float32Array(plane.data.length),
): Plane {
  const { data, width, height } = plane
  if (!(model.globalRms > 0)) return { data: into.fill(0), width, height }
  const bandRows = Math.max(1, Math.min(height, Math.floor(bandPixels / width)))
  const sky = laySky(model, width * bandRows * 4)
  for (let y0 = 0; y0 < height; y0 += bandRows) {
    const count = Math.min(bandRows, height - y0)
    const band = sky.band().subarray(0, count * width)
    band.set(data.subarray(y0 * width, (y0 + count) * width))
    for (let y = 0; y < count; y++) sky.normaliseRow(y0 + y, y)
    into.set(band, y0 * width)
  }
  return { data: into, width, height }
}

/** Lays the padded meshes and row buffers out in the kernels' memory. */
function laySky(model: BackgroundModel, bandBytes = 0) {
  const { width, cellPx, columns, rows, blank = Number.NaN } = model
  const level = padMesh({ values: model.level, columns, rows }, margin, true).values
  const rms = padMesh({ values: model.rms, columns, rows }, margin, false).values
  const rowBytes = (width + 4) * 4
  const [levelMesh = 0, rmsMesh = 0, knots = 0, levelRow = 0, rmsRow = 0, band = 0] = scratch(
    level.byteLength,
    rms.byteLength,
    (columns + 4) * 4,
    rowBytes,
    rowBytes,
    bandBytes,
  )
  const wasm = kernels<SkyKernels>()
  const { buffer } = wasm.memory
  new Float32Array(buffer, levelMesh).set(level)
  new Float32Array(buffer, rmsMesh).set(rms)
  const interpolate = (mesh: number, y: number, out: number) =>
    wasm.interpolateRow(mesh, columns, rows, cellPx, y, width, mesh === rmsMesh, knots, out)
  return {
    interpolateLevel: (y: number) => interpolate(levelMesh, y, levelRow),
    levelRow: () => new Float32Array(buffer, levelRow, width),
    band: () => new Float32Array(buffer, band, bandBytes / 4),
    normaliseRow(y: number, bandRow: number) {
      interpolate(levelMesh, y, levelRow)
      interpolate(rmsMesh, y, rmsRow)
      wasm.normaliseRow(band + bandRow * width * 4, levelRow, rmsRow, width, blank)
    },
  }
}
