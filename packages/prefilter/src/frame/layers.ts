import { measureBackground } from '../background/measure.ts'
import type { BackgroundModel } from '../background/model.ts'
import { normaliseByNoise } from '../background/smooth.ts'
import type { Plane } from '../plane.ts'
import type { StarSearch } from '../stars/catalog.ts'
import { findStars } from '../stars/find.ts'
import type { FrameContext } from './context.ts'

/** A frame taken apart: the smooth sky, what stands out of it in units of the noise, and the stars in that. */
export interface FrameLayers {
  readonly plane: Plane
  readonly model: BackgroundModel
  /** (image - background) over the noise of one pixel; NaN became 0. */
  readonly residual: Plane
  readonly stars: StarSearch
}

/** Takes a frame apart; `context.saturation`, where given, tells which stars are cut off. */
export function separateFrame(
  plane: Plane,
  context?: Pick<FrameContext, 'saturation'>,
  onStep?: (step: 'background' | 'stars') => void,
): FrameLayers {
  onStep?.('background')
  const model = measureBackground(plane)
  const residual = normaliseByNoise(plane, model)
  onStep?.('stars')
  const saturation = context?.saturation
  const stars = findStars(residual, model, saturation === undefined ? {} : { saturation })
  return { plane, model, residual, stars }
}
