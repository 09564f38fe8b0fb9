import type { BackgroundModel } from '../background/model.ts'
import { autoStretch, transferMidtones } from '../picture/range.ts'
import { type Rows, reduceRowsByMaximum, resizeByAveraging } from '../picture/resize.ts'
import type { Plane } from '../plane.ts'
import type { StarCatalog } from '../stars/catalog.ts'
import type { FrameLayers } from './layers.ts'

export interface FrameChannelsOptions {
  /** Side of the square input in pixels. Default 224, what ImageNet networks were made for. */
  readonly sizePx?: number
}

/** Residuals above this many sigma all look the same: a trail is a trail. */
const BRIGHTEST_SIGMA = 50

/**
 * A network's view of a frame: three planes of `sizePx` x `sizePx`, one after the other, values 0..1.
 * First the mean picture, stretched as for people; second the maximum of the residual without stars, so
 * that a trail one pixel wide survives any reduction; third the smooth sky against its typical level, where
 * clouds, gradients and obstacles show. The frame's aspect is not kept.
 */
export function frameChannels(
  { plane, model, residual, stars }: FrameLayers,
  { sizePx = 224 }: FrameChannelsOptions = {},
): Float32Array {
  const area = sizePx * sizePx
  const channels = new Float32Array(3 * area)
  channels.set(stretched(resizeByAveraging(plane, sizePx, sizePx)), 0)
  channels.set(brightest(withoutStars(residual, stars), sizePx), area)
  channels.set(smoothSky(model, sizePx), 2 * area)
  return channels
}

function stretched(small: Plane): Float32Array {
  const { low, high, midtones } = autoStretch(small)
  const range = high - low || 1
  return small.data.map((value) => {
    const share = Math.min(1, Math.max(0, (value - low) / range))
    return Number.isNaN(share) ? 0 : transferMidtones(share, midtones)
  })
}

function brightest(residual: Rows, sizePx: number): Float32Array {
  const scale = 1 / Math.log1p(BRIGHTEST_SIGMA)
  return reduceRowsByMaximum(residual, sizePx, sizePx).data.map(
    (sigma) => Math.log1p(Math.min(BRIGHTEST_SIGMA, Math.max(0, sigma || 0))) * scale,
  )
}

/** The rows of a plane with the light of every star put out as far as it reaches; the plane stays as it is. */
function withoutStars({ data, width, height }: Plane, stars: StarCatalog): Rows {
  const crossing: number[][] = Array.from({ length: height }, () => [])
  for (let i = 0; i < stars.count; i++) {
    const radius = stars.radiusPx[i] + 1
    const last = Math.min(height - 1, Math.floor(stars.y[i] + radius))
    for (let y = Math.max(0, Math.ceil(stars.y[i] - radius)); y <= last; y++) crossing[y].push(i)
  }
  const rest = new Float32Array(width)
  return {
    width,
    height,
    row: (y) => {
      rest.set(data.subarray(y * width, (y + 1) * width))
      for (const i of crossing[y]) {
        const half = Math.sqrt((stars.radiusPx[i] + 1) ** 2 - (y - stars.y[i]) ** 2)
        const from = Math.max(0, Math.ceil(stars.x[i] - half))
        const to = Math.min(width, Math.floor(stars.x[i] + half) + 1)
        if (to > from) rest.fill(0, from, to)
      }
      return rest
    },
  }
}

/** Half means the typical level; a sky brighter by its own level reaches 0.88. */
function smoothSky(model: BackgroundModel, sizePx: number): Float32Array {
  const { columns, rows, level, globalLevel, globalRms } = model
  const mesh = { data: level, width: columns, height: rows }
  const unit = Math.max(Math.abs(globalLevel), globalRms) || 1
  return resizeByAveraging(mesh, sizePx, sizePx).data.map(
    (sky) => 0.5 + 0.5 * Math.tanh((sky - globalLevel) / unit),
  )
}
