import type { Plane } from '../plane.ts'
import { type Path, pathLength } from './path.ts'

/** What covers a pixel: a source's faint outskirts, which only faint trails must avoid, or its core. */
export const Cover = { none: 0, outskirts: 1, core: 2 } as const

/** The residual and what must not be looked at in it. */
export interface Field {
  readonly residual: Plane
  /** `Cover` of each pixel. */
  readonly mask?: Uint8Array
  /** Pixels that may still be looked at before following ends; a bound on time in frames full of wisps. */
  readonly work?: { left: number }
}

/** The surroundings of a path straightened: sums over blocks along it and one-pixel lanes beside it. */
export interface Band {
  readonly path: Path
  /** Along-path position of the first block's beginning, relative to the path's start. */
  readonly start: number
  readonly blockPx: number
  readonly blocks: number
  /** Lanes on each side of the path's own; lane `i` lies `i - halfLanes` lane widths beside it. */
  readonly halfLanes: number
  readonly lanes: number
  readonly lanePx: number
  /** Light and number of unmasked pixels: [block * lanes + lane]. */
  readonly sums: Float32Array
  readonly counts: Float32Array
}

export interface BandOptions {
  readonly before: number
  readonly after: number
  readonly halfWidthPx: number
  readonly blockPx: number
  readonly lanePx?: number
  /** Pixels count for no more than this many sigmas. */
  readonly clip: number
  /** Leave out pixels covered at least this much. Default 1, outskirts and cores. */
  readonly coverFrom?: number
}

/** Straightens the band around a path. Each pixel is used once, so the noise of lanes stays independent. */
export function extractBand(field: Field, path: Path, options: BandOptions): Band {
  const { before, after, halfWidthPx, blockPx, clip, lanePx = 1, coverFrom = 1 } = options
  const length = Math.max(1e-6, pathLength(path))
  const blocks = Math.max(1, Math.floor((before + length + after) / blockPx) + 1)
  const halfLanes = Math.ceil(halfWidthPx / lanePx)
  const lanes = 2 * halfLanes + 1
  if (field.work) field.work.left -= blocks * blockPx * lanes * lanePx
  const sums = new Float32Array(blocks * lanes)
  const counts = new Float32Array(blocks * lanes)
  const { width, height, data } = field.residual
  const { mask } = field
  const ux = (path.x1 - path.x0) / length
  const uy = (path.y1 - path.y0) / length
  const reach = (halfLanes + 0.5) * lanePx
  const bow = path.sagittaPx
  const steep = Math.abs(uy) > Math.abs(ux)
  // Walk along the axis the path follows more closely; across it, only the band's own pixels.
  const along = steep ? uy : ux
  const beside = steep ? ux : uy
  const slack = reach / Math.abs(along) + 1
  const t0 = -before
  const t1 = length + after
  const origin = steep ? path.y0 : path.x0
  const other = steep ? path.x0 : path.y0
  const margin = reach * Math.abs(beside) + 1
  const ends = [origin + t0 * along, origin + t1 * along]
  const first = Math.max(0, Math.ceil(Math.min(...ends) - margin))
  const last = Math.min((steep ? height : width) - 1, Math.floor(Math.max(...ends) + margin))
  const limit = (steep ? width : height) - 1
  const normalSign = steep ? -1 : 1
  const laneScale = 1 / lanePx
  const blockScale = 1 / blockPx
  const laneStep = normalSign * along * laneScale
  for (let major = first; major <= last; major++) {
    const away = major - origin
    const u = (2 * (away / along)) / length - 1
    // Centre of the band on this row or column; the bow is measured along the normal.
    const centre = other + (away * beside) / along + (normalSign * bow * (1 - u * u)) / along
    const from = Math.max(0, Math.ceil(centre - slack))
    const to = Math.min(limit, Math.floor(centre + slack))
    const stride = steep ? 1 : width
    let at = steep ? major * width + from : from * width + major
    let t = away * along + (from - other) * beside
    let lane = normalSign * ((from - other) * along - away * beside) * laneScale + halfLanes + 0.5
    for (let minor = from; minor <= to; minor++, at += stride, t += beside, lane += laneStep) {
      if (mask !== undefined && mask[at]! >= coverFrom) continue
      if (t < t0 || t > t1) continue
      let place = lane
      if (bow !== 0) {
        const v = (2 * t) / length - 1
        place -= bow * (1 - v * v) * laneScale
      }
      if (place < 0 || place >= lanes) continue
      const block = ((t - t0) * blockScale) | 0
      const index = block * lanes + (place | 0)
      const value = data[at]!
      sums[index]! += value > clip ? clip : value > -clip ? value : value < 0 ? -clip : 0
      counts[index]! += 1
    }
  }
  return { path, start: t0, blockPx, blocks, halfLanes, lanes, lanePx, sums, counts }
}

/** Mean light of each lane over the blocks `from..to` (exclusive), with the number of pixels. */
export function crossProfile(band: Band, from = 0, to = band.blocks) {
  const { lanes, sums, counts } = band
  const light = new Float64Array(lanes)
  const pixels = new Float64Array(lanes)
  for (let block = from; block < to; block++) {
    for (let lane = 0; lane < lanes; lane++) {
      light[lane]! += sums[block * lanes + lane]!
      pixels[lane]! += counts[block * lanes + lane]!
    }
  }
  const mean = light.map((value, lane) => (pixels[lane]! > 0 ? value / pixels[lane]! : 0))
  return { mean, pixels }
}
