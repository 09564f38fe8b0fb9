import { simulateFrame } from './frame.ts'
import { betweenFramesMs, defaultStartMs } from './header.ts'
import type { FieldSpec, Telescope } from './instrument.ts'
import { planClouds, planHaze } from './nightClouds.ts'
import { planConditions } from './nightConditions.ts'
import { planEnding, planFocus, planMount } from './nightEpisodes.ts'
import { randomField } from './nightField.ts'
import { planTrails } from './nightTrails.ts'
import { deriveSeed, randomStream } from './random.ts'
import { randomTelescope } from './telescope.ts'
import type { FrameSpec, SimulatedFrame } from './types.ts'

/** Share of the frames of a night that each cause touches, 0..1. */
export interface NightMix {
  readonly satellite: number
  readonly airplane: number
  readonly meteor: number
  readonly cloud: number
  readonly haze: number
  readonly defocus: number
  readonly tracking: number
  readonly wind: number
  readonly occlusion: number
  readonly twilight: number
}

/** A night to plan. */
export interface NightOptions {
  /** Any whole number. */
  readonly seed: number
  /** How many frames are taken, one after the other, of one target. */
  readonly frames: number
  /** Size in pixels. Default 1024 x 768. */
  readonly width?: number
  readonly height?: number
  /** Default: a random one, from the seed. */
  readonly telescope?: Telescope
  /** Default: a random one, from the seed. */
  readonly field?: FieldSpec
  /** Changes to `defaultMix`. */
  readonly mix?: Partial<NightMix>
}

/** About 60 % of the frames stay without labels; satellites are the most common guests, clouds come in episodes. */
export const defaultMix: NightMix = {
  satellite: 0.17,
  airplane: 0.03,
  meteor: 0.02,
  cloud: 0.11,
  haze: 0.02,
  defocus: 0.05,
  tracking: 0.03,
  wind: 0.03,
  occlusion: 0.035,
  twilight: 0.03,
}

/**
 * Plans a night: one target, dithers and drift, perhaps a meridian flip, slow changes of seeing, air and Moon, and
 * what befalls single frames. Cheap: nothing is rendered, and each spec can be sent to another thread.
 */
export function planNight(options: NightOptions): readonly FrameSpec[] {
  const { seed, frames } = options
  if (!Number.isInteger(frames) || frames < 0) {
    throw new RangeError(`frames must be a whole number of at least 0, got ${frames}`)
  }
  const mix = { ...defaultMix, ...options.mix }
  const telescope = options.telescope ?? randomTelescope(deriveSeed(seed, 'telescope'))
  const size = { width: options.width ?? 1024, height: options.height ?? 768 }
  const field = options.field ?? randomField(deriveSeed(seed, 'field'), size, telescope)
  const startMs = defaultStartMs + randomStream(seed, 'date').integer(330) * 86_400_000
  const night = { seed, frames, size, telescope }
  const conditions = planConditions(night)
  const clouds = planClouds(night, mix.cloud)
  const haze = planHaze(night, mix.haze)
  const focus = planFocus(night, mix.defocus)
  const mount = planMount(night, mix)
  const ending = planEnding(night, mix)
  const trails = planTrails(night, mix)
  return Array.from({ length: frames }, (_, index): FrameSpec => {
    const { pointing, fwhmPx, sky } = conditions[index]!
    return withoutUndefined({
      seed: deriveSeed(seed, `frame ${index}`),
      ...size,
      telescope,
      field,
      pointing,
      seeing: withoutUndefined({ fwhmPx, defocusPx: focus[index], ...mount[index] }),
      sky: { ...sky, twilight: ending[index]!.twilight },
      cloud: clouds[index],
      haze: haze[index],
      occlusion: ending[index]!.occlusion,
      trails: trails[index]!,
      startMs: startMs + index * (telescope.exposureS * 1000 + betweenFramesMs),
      index,
    })
  })
}

/** Renders the frames of `planNight` one by one, as they are asked for. */
export function* simulateNight(options: NightOptions): Generator<SimulatedFrame, void, undefined> {
  for (const spec of planNight(options)) yield simulateFrame(spec)
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Leaves out fields without a value, so that a spec survives a trip through JSON unchanged. */
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Defined<T>
}
