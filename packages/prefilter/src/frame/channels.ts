import type { BackgroundModel } from '../background/model.ts'
import { autoStretch, transferMidtones } from '../picture/range.ts'
import { resizeByAveraging, resizeByMaximum } from '../picture/resize.ts'
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

function brightest(residual: Plane, sizePx: number): Float32Array {
  const scale = 1 / Math.log1p(BRIGHTEST_SIGMA)
  return resizeByMaximum(residual, sizePx, sizePx).data.map(
    (sigma) => Math.log1p(Math.min(BRIGHTEST_SIGMA, Math.max(0, sigma || 0))) * scale,
  )
}

/** A copy with the light of every star put out as far as it reaches. */
function withoutStars({ data, width, height }: Plane, stars: StarCatalog): Plane {
  const rest = data.slice()
  for (let i = 0; i < stars.count; i++) {
    const radius = stars.radiusPx[i] + 1
    const [x, y] = [stars.x[i], stars.y[i]]
    const last = Math.min(height - 1, Math.floor(y + radius))
    for (let row = Math.max(0, Math.ceil(y - radius)); row <= last; row++) {
      const half = Math.sqrt(radius * radius - (row - y) ** 2)
      const from = Math.max(0, Math.ceil(x - half))
      const to = Math.min(width, Math.floor(x + half) + 1)
      if (to > from) rest.fill(0, row * width + from, row * width + to)
    }
  }
  return { data: rest, width, height }
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
