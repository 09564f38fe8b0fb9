import { addHalo, addSpikes } from './bright.ts'
import { makeCloudMap, skyCell } from './cloudLayer.ts'
import { makeVignettingMap } from './flatField.ts'
import { addGalaxy, drawGalaxies } from './galaxies.ts'
import { fillRow, type GridMap, makeGridMap, quantileOf, valueAt } from './gridMap.ts'
import { makeNebulaMap } from './nebula.ts'
import { makeOcclusionMap } from './occlusion.ts'
import { type PsfField, psfAt } from './psfField.ts'
import { fieldHalfSide, fieldTransform, type Scene } from './scene.ts'
import { makeSkyMap } from './skyLight.ts'
import { addStar } from './stamp.ts'
import { drawStars, fluxAtSnr } from './stars.ts'
import type { Plane } from './types.ts'

/** What lies between the stars and the sensor, as maps over the frame; electrons or shares. */
export interface LightMaps {
  readonly cloud: GridMap | undefined
  readonly sky: GridMap
  readonly occlusion: GridMap | undefined
  readonly flat: GridMap | undefined
  readonly nebula: GridMap | undefined
  /** Share of star light left by clear air and haze, the same everywhere. */
  readonly clear: number
  /** Brightness of an obstacle in units of the sky. */
  readonly obstacleGlow: number
}

/** Light below this share of the noise of a pixel is not drawn. */
const faintestShare = 0.06

/** Makes the maps of a scene. */
export function makeLightMaps(scene: Scene): LightMaps {
  const { spec, size, telescope, field, sky } = scene
  const cloud = spec.cloud && makeCloudMap(size, spec.cloud)
  const hazeGlow = spec.haze ? (spec.haze.glow ?? 0.2) : 0
  const { toField } = fieldTransform(size, spec.pointing)
  return {
    cloud,
    sky: makeSkyMap(size, sky, telescope.skyE, { map: cloud, spec: spec.cloud, hazeGlow }),
    occlusion: spec.occlusion && makeOcclusionMap(size, spec.occlusion),
    flat: telescope.vignetting > 0 ? makeVignettingMap(size, telescope) : undefined,
    nebula: field.nebula && makeNebulaMap(size, field.nebula, field.seed, telescope.skyE, toField),
    clear: (sky.transparency ?? 1) * (spec.haze?.transparency ?? 1),
    obstacleGlow: spec.occlusion?.glow ?? 0.1,
  }
}

/** Share of star light that comes through cloud, haze and obstacles at a place. */
export function transparencyAt(maps: LightMaps, x: number, y: number): number {
  const cloud = maps.cloud ? valueAt(maps.cloud, x, y) : 1
  const free = maps.occlusion ? 1 - valueAt(maps.occlusion, x, y) : 1
  return cloud * free
}

/** Median background and the noise of a pixel that has it, in electrons. */
export function measureBackground(
  scene: Scene,
  maps: LightMaps,
): { levelE: number; noiseE: number } {
  const { telescope, size } = scene
  const level = makeGridMap(size, 2 * skyCell, (x, y) => {
    const px = Math.min(x, size.width - 1)
    const py = Math.min(y, size.height - 1)
    const sky = valueAt(maps.sky, px, py)
    const blocked = maps.occlusion ? valueAt(maps.occlusion, px, py) : 0
    const gas = maps.nebula
      ? valueAt(maps.nebula, px, py) * maps.clear * (maps.cloud ? valueAt(maps.cloud, px, py) : 1)
      : 0
    const light = (sky + gas) * (1 - blocked) + sky * blocked * maps.obstacleGlow
    return light * (maps.flat ? valueAt(maps.flat, px, py) : 1) + telescope.darkE
  })
  const levelE = quantileOf(level, 0.5)
  const quantum = telescope.adcStepAdu * telescope.gainE
  const variance = levelE + telescope.readNoiseE * telescope.readNoiseE + (quantum * quantum) / 12
  return { levelE, noiseE: Math.sqrt(variance) }
}

/** Adds stars and galaxies above the air, and counts the stars inside the frame. */
export function addObjects(
  plane: Plane,
  scene: Scene,
  psfs: PsfField,
  noiseE: number,
  arriving: number,
): { count: number; detectable: number } {
  const { spec, size, telescope, field } = scene
  const halfSide = fieldHalfSide(size)
  const transform = fieldTransform(size, spec.pointing)
  const faintest = faintestShare * noiseE
  const fwhmPx = (spec.seeing?.fwhmPx ?? telescope.fwhmPx) + 1.2 * (spec.seeing?.defocusPx ?? 0)
  for (const galaxy of drawGalaxies(field, telescope, halfSide)) {
    const { x, y } = transform.toPixel(galaxy.u, galaxy.v)
    addGalaxy(plane, galaxy, { x, y, turnDeg: spec.pointing?.rotationDeg ?? 0, fwhmPx }, 1)
  }
  const stars = drawStars(field, telescope, halfSide)
  const limit = fluxAtSnr(5, noiseE, fwhmPx) / Math.max(arriving, 0.01)
  let count = 0
  let detectable = 0
  for (let i = 0; i < stars.count; i++) {
    const flux = stars.flux[i]!
    const { x, y } = transform.toPixel(stars.u[i]!, stars.v[i]!)
    addStar(plane, psfAt(psfs, x, y), x, y, flux, faintest)
    if (flux > 40 * faintest * fwhmPx * fwhmPx) {
      const star = { x, y, flux, faintest, fwhmPx }
      addSpikes(plane, star, telescope)
      addHalo(plane, star, telescope)
    }
    if (x < -0.5 || y < -0.5 || x >= size.width - 0.5 || y >= size.height - 0.5) continue
    count++
    if (flux >= limit) detectable++
  }
  return { count, detectable }
}

/** Takes the light of the objects through air, cloud, obstacles and optics, and adds the sky; in place. */
export function composeLight(plane: Plane, maps: LightMaps): void {
  const { data, width, height } = plane
  const row = () => new Float32Array(width)
  const sky = row()
  const gas = maps.nebula ? row() : undefined
  const cloud = maps.cloud ? row() : undefined
  const blocked = maps.occlusion ? row() : undefined
  const flat = maps.flat ? row() : undefined
  for (let y = 0; y < height; y++) {
    const light = data.subarray(y * width, (y + 1) * width)
    fillRow(maps.sky, y, sky)
    if (gas) {
      fillRow(maps.nebula!, y, gas)
      for (let x = 0; x < width; x++) light[x] = light[x]! + gas[x]!
    }
    if (cloud) {
      fillRow(maps.cloud!, y, cloud)
      for (let x = 0; x < width; x++) light[x] = light[x]! * cloud[x]!
    }
    for (let x = 0; x < width; x++) light[x] = light[x]! * maps.clear + sky[x]!
    if (blocked) {
      fillRow(maps.occlusion!, y, blocked)
      for (let x = 0; x < width; x++) {
        const share = blocked[x]!
        light[x] = light[x]! * (1 - share) + sky[x]! * share * maps.obstacleGlow
      }
    }
    if (flat) {
      fillRow(maps.flat!, y, flat)
      for (let x = 0; x < width; x++) light[x] = light[x]! * flat[x]!
    }
  }
}
