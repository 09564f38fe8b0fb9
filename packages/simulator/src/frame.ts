import { addAmplifierGlow, addCosmicRays, addDefects } from './defects.ts'
import { exposePlane, saturatePlane } from './detector.ts'
import { shadeDust } from './flatField.ts'
import { meanOf, quantileOf } from './gridMap.ts'
import { makeHeader } from './header.ts'
import { isClean, labelFrame, labelThresholds } from './labels.ts'
import {
  addObjects,
  composeLight,
  type LightMaps,
  makeLightMaps,
  measureBackground,
  transparencyAt,
} from './light.ts'
import { centralPsf, makePsfField, type PsfField } from './psfField.ts'
import { measurePsf } from './psfShape.ts'
import { deriveSeed } from './random.ts'
import { type Scene, sceneOf } from './scene.ts'
import { addTrail } from './trails.ts'
import type { FrameTruth, TrailTruth } from './truth.ts'
import type { FrameSpec, Plane, SimulatedFrame } from './types.ts'

/**
 * Simulates one exposure: pixels in whole ADU, the truth about them, and a header. The same spec gives the same bits
 * on every machine. Takes about 0.15 s for 1024 x 768 pixels, and four bytes a pixel and a few megabytes of memory.
 */
export function simulateFrame(spec: FrameSpec): SimulatedFrame {
  const scene = sceneOf(spec)
  const { size, telescope } = scene
  const plane = { data: new Float32Array(size.width * size.height), ...size }
  const maps = makeLightMaps(scene)
  const psfs = makePsfField(size, telescope, spec.seeing ?? {}, {
    bloat: spec.haze ? (spec.haze.bloat ?? 1.3) : 1,
    aureole: spec.haze ? 0.5 * (1 - spec.haze.transparency) : 0,
  })
  const { levelE, noiseE } = measureBackground(scene, maps)
  const arriving = maps.clear * (maps.cloud ? meanOf(maps.cloud) : 1)
  const stars = addObjects(plane, scene, psfs, noiseE, arriving)
  composeLight(plane, maps)
  const trails = addTrails(plane, scene, maps, psfs, noiseE)
  if (telescope.dustMotes > 0) shadeDust(plane, telescope)
  addSensorSignal(plane, scene)
  const saturatedPixels = saturatePlane(plane, telescope.fullWellE, telescope.antiBlooming)
  exposePlane(plane, telescope, spec.seed)
  const measured = { levelE, noiseE, stars, trails, saturatedPixels }
  return { plane, truth: describe(scene, maps, psfs, measured), header: headerOf(scene) }
}

function addTrails(
  plane: Plane,
  scene: Scene,
  maps: LightMaps,
  psfs: PsfField,
  noiseE: number,
): TrailTruth[] {
  const { spec, telescope } = scene
  const star = centralPsf(psfs).profile
  const truths: TrailTruth[] = []
  for (const [index, trail] of (spec.trails ?? []).entries()) {
    const truth = addTrail(plane, trail, {
      seed: deriveSeed(spec.seed, `trail ${index}`),
      noise: noiseE,
      star,
      defocusPx: spec.seeing?.defocusPx ?? 0,
      obstruction: telescope.obstruction,
      transparencyAt: (x, y) => transparencyAt(maps, x, y),
      minimumSnr: labelThresholds.trailMatchedSnr,
    })
    if (truth) truths.push(truth)
  }
  return truths
}

/** Adds what the sensor makes by itself: dark current, glow, defects, cosmic rays. */
function addSensorSignal(plane: Plane, { telescope, spec }: Scene): void {
  const { data } = plane
  const { darkE } = telescope
  for (let i = 0; i < data.length; i++) data[i] = data[i]! + darkE
  addAmplifierGlow(plane, telescope)
  addDefects(plane, telescope)
  addCosmicRays(plane, telescope, spec.seed)
}

interface Measured {
  readonly levelE: number
  readonly noiseE: number
  readonly stars: { readonly count: number; readonly detectable: number }
  readonly trails: readonly TrailTruth[]
  readonly saturatedPixels: number
}

function describe(scene: Scene, maps: LightMaps, psfs: PsfField, measured: Measured): FrameTruth {
  const { spec, telescope, sky } = scene
  const shape = measurePsf(centralPsf(psfs))
  const haze = spec.haze?.transparency ?? 1
  const skyAdu = measured.levelE / telescope.gainE
  const truth: Omit<FrameTruth, 'labels' | 'clean'> = {
    trails: measured.trails,
    ...shape,
    normalFwhmPx: telescope.fwhmPx,
    cloud: {
      coverage: coveredShare(maps, haze),
      transparency: haze * (maps.cloud ? meanOf(maps.cloud) : 1),
      worstTransparency: haze * (maps.cloud ? quantileOf(maps.cloud, 0.1) : 1),
    },
    occludedFraction: maps.occlusion ? meanOf(maps.occlusion) : 0,
    twilight: sky.twilight ?? 0,
    moon: sky.moon ?? 0,
    extinction: sky.transparency ?? 1,
    skyAdu,
    backgroundAdu: skyAdu + telescope.biasAdu,
    noiseAdu: measured.noiseE / telescope.gainE,
    stars: measured.stars,
    flipped: isFlipped(scene),
    saturatedPixels: measured.saturatedPixels,
  }
  const labels = labelFrame(spec, truth)
  return { labels, clean: isClean(labels, truth), ...truth }
}

/** Share of the frame whose cloud and haze take more than a tenth of the light. */
function coveredShare(maps: LightMaps, haze: number): number {
  if (!maps.cloud) return haze < 0.9 ? 1 : 0
  let covered = 0
  for (const value of maps.cloud.values) if (value * haze < 0.9) covered++
  return covered / maps.cloud.values.length
}

function isFlipped({ spec }: Scene): boolean {
  const turn = Math.abs(spec.pointing?.rotationDeg ?? 0) % 360
  return turn > 90 && turn < 270
}

function headerOf(scene: Scene) {
  const { spec, field, telescope } = scene
  return makeHeader(telescope, {
    object: field.object ?? `NGC ${1000 + (field.seed % 6840)}`,
    fieldSeed: field.seed,
    startMs: scene.startMs,
    index: spec.index ?? 0,
    flipped: isFlipped(scene),
  })
}
