import type { Telescope } from './instrument.ts'
import { clamp } from './math.ts'
import { type Random, randomStream } from './random.ts'

/** A 100 mm refractor with a cooled 16-bit CMOS camera and three-minute exposures; used where a spec names none. */
export const defaultTelescope: Telescope = {
  name: 'Refractor 100/550',
  cameraName: 'CMOS 571M',
  camera: 'cmos',
  apertureMm: 100,
  focalLengthMm: 550,
  obstruction: 0,
  pixelUm: 3.76,
  binning: 1,
  fwhmPx: 2.4,
  beta: 3,
  aureole: 0.03,
  spikes: { vanes: 0, angleDeg: 0, strength: 0, lengthPx: 30 },
  halo: { radiusPx: 60, share: 0.002 },
  gainE: 0.25,
  gainSetting: 100,
  readNoiseE: 1.5,
  biasAdu: 500,
  fullWellE: 16000,
  adcStepAdu: 1,
  antiBlooming: true,
  exposureS: 180,
  skyE: 350,
  darkE: 0.4,
  vignetting: 0.18,
  dustMotes: 4,
  tiltPx: 0.3,
  curvaturePx: 0.4,
  comaPx: 0.3,
  hotPixelsPerMpx: 60,
  deadPixelsPerMpx: 4,
  warmColumns: 0,
  cosmicRaysPerMpx: 3,
  ampGlowE: 0,
  bandingE: 0.08,
  temperatureC: -10,
  sensorSeed: 1,
}

/** Optics by what they cost in light and leave in the image. */
const optics = [
  { name: 'Refractor 72/430', apertureMm: 72, focalLengthMm: 430, obstruction: 0, vanes: 0 },
  { name: 'Refractor 100/550', apertureMm: 100, focalLengthMm: 550, obstruction: 0, vanes: 0 },
  { name: 'Newton 150/600', apertureMm: 150, focalLengthMm: 600, obstruction: 0.4, vanes: 4 },
  { name: 'Newton 200/800', apertureMm: 200, focalLengthMm: 800, obstruction: 0.35, vanes: 4 },
  { name: 'Newton 250/1000', apertureMm: 250, focalLengthMm: 1000, obstruction: 0.3, vanes: 3 },
  {
    name: 'Schmidt-Cassegrain 203/1420',
    apertureMm: 203,
    focalLengthMm: 1420,
    obstruction: 0.34,
    vanes: 0,
  },
  {
    name: 'Ritchey-Chretien 254/2000',
    apertureMm: 254,
    focalLengthMm: 2000,
    obstruction: 0.42,
    vanes: 4,
  },
  {
    name: 'Dall-Kirkham 432/2939',
    apertureMm: 432,
    focalLengthMm: 2939,
    obstruction: 0.39,
    vanes: 4,
  },
  { name: 'Lens 71/300', apertureMm: 71, focalLengthMm: 300, obstruction: 0, vanes: 0 },
] as const

/** Cameras with their usual gain, noise and capacity. */
const cameras = [
  {
    cameraName: 'CMOS 571M',
    camera: 'cmos',
    pixelUm: 3.76,
    gainE: 0.25,
    gainSetting: 100,
    readNoiseE: 1.5,
    fullWellE: 16000,
    adcStepAdu: 1,
    biasAdu: 500,
  },
  {
    cameraName: 'CMOS 571M',
    camera: 'cmos',
    pixelUm: 3.76,
    gainE: 0.77,
    gainSetting: 0,
    readNoiseE: 3.5,
    fullWellE: 50000,
    adcStepAdu: 1,
    biasAdu: 500,
  },
  {
    cameraName: 'CMOS 183M',
    camera: 'cmos',
    pixelUm: 2.4,
    gainE: 0.06,
    gainSetting: 111,
    readNoiseE: 2.2,
    fullWellE: 3900,
    adcStepAdu: 16,
    biasAdu: 800,
  },
  {
    cameraName: 'CMOS 1600M',
    camera: 'cmos',
    pixelUm: 3.8,
    gainE: 0.06,
    gainSetting: 139,
    readNoiseE: 1.7,
    fullWellE: 4000,
    adcStepAdu: 16,
    biasAdu: 800,
  },
  {
    cameraName: 'CMOS 294M',
    camera: 'cmos',
    pixelUm: 4.63,
    gainE: 0.25,
    gainSetting: 120,
    readNoiseE: 1.9,
    fullWellE: 14400,
    adcStepAdu: 4,
    biasAdu: 1920,
  },
  {
    cameraName: 'CCD 8300',
    camera: 'ccd',
    pixelUm: 5.4,
    gainE: 0.4,
    gainSetting: 0,
    readNoiseE: 9,
    fullWellE: 25500,
    adcStepAdu: 1,
    biasAdu: 1000,
  },
  {
    cameraName: 'CCD 16803',
    camera: 'ccd',
    pixelUm: 9,
    gainE: 1.5,
    gainSetting: 0,
    readNoiseE: 10,
    fullWellE: 95000,
    adcStepAdu: 1,
    biasAdu: 1000,
  },
  {
    cameraName: 'CCD 1001E',
    camera: 'ccd',
    pixelUm: 24,
    gainE: 2.2,
    gainSetting: 0,
    readNoiseE: 15,
    fullWellE: 140000,
    adcStepAdu: 1,
    biasAdu: 1000,
  },
  {
    cameraName: 'CCD 3200ME',
    camera: 'ccd',
    pixelUm: 6.8,
    gainE: 1.1,
    gainSetting: 0,
    readNoiseE: 8,
    fullWellE: 55000,
    adcStepAdu: 1,
    biasAdu: 200,
  },
] as const

/**
 * Draws a telescope as amateurs and small observatories own them: pixel scale, FWHM 1.6..5 px, gain, noise, sky,
 * spikes, bleeding and defects all vary. Never a colour camera.
 */
export function randomTelescope(seed: number): Telescope {
  const random = randomStream(seed, 'telescope')
  const { vanes, ...tube } = random.pick(optics)
  const { camera, binning, fwhmPx } = pickCamera(random, tube.focalLengthMm)
  const thick = camera.camera === 'ccd'
  const antiBlooming = !thick || camera.cameraName === 'CCD 8300'
  const exposureS = random.pick([30, 60, 120, 180, 240, 300])
  const fRatio = tube.focalLengthMm / tube.apertureMm
  // A bright town gives about ten times the light of a dark site.
  const skyRate =
    (random.logRange(0.1, 1.2) * camera.pixelUm * camera.pixelUm * binning * binning) /
    (fRatio * fRatio)
  const skyE = Math.min(0.25 * camera.fullWellE, Math.max(4, skyRate * exposureS))
  return {
    ...tube,
    ...camera,
    pixelUm: camera.pixelUm * binning,
    binning,
    fwhmPx,
    beta: random.range(2.5, 4.2),
    aureole: random.range(0.012, 0.05),
    antiBlooming,
    exposureS,
    skyE,
    darkE: exposureS * (thick ? random.logRange(0.005, 0.08) : random.logRange(0.0005, 0.006)),
    ...randomFlaws(random, thick),
    spikes: {
      vanes,
      angleDeg: random.range(0, 90),
      strength: vanes === 0 ? 0 : random.range(0.006, 0.022),
      lengthPx: random.range(14, 34) * Math.sqrt(fwhmPx / 2.5),
    },
    halo: { radiusPx: random.logRange(35, 130), share: random.logRange(0.0006, 0.006) },
    sensorSeed: random.bits(),
  }
}

/** Draws cameras until one samples the stars of this focal length reasonably, binned if need be. */
function pickCamera(random: Random, focalLengthMm: number) {
  for (let attempt = 0; ; attempt++) {
    const camera = random.pick(cameras)
    const arcsecPerPx = (206.265 * camera.pixelUm) / focalLengthMm
    const seeing = random.range(1.7, 3.8)
    // Seeing, with guiding and optics on top, and the pixel itself.
    const wide = Math.sqrt(seeing * seeing + 1.4) / arcsecPerPx
    const binning = wide > 5 ? 2 : 1
    const fwhmPx = Math.sqrt((wide / binning) * (wide / binning) + 0.6)
    if ((fwhmPx >= 1.6 && fwhmPx <= 5) || attempt === 30) {
      return { camera, binning, fwhmPx: clamp(fwhmPx, 1.6, 5) }
    }
  }
}

function randomFlaws(random: Random, thick: boolean) {
  return {
    vignetting: random.range(0.05, 0.4),
    dustMotes: random.chance(0.6) ? random.integer(9) : 0,
    tiltPx: random.range(0, 0.6),
    curvaturePx: random.range(0, 0.7),
    comaPx: random.range(0, 0.8),
    hotPixelsPerMpx: random.logRange(8, 400),
    deadPixelsPerMpx: random.logRange(0.5, 10),
    warmColumns: thick ? random.integer(4) : random.chance(0.15) ? 1 : 0,
    cosmicRaysPerMpx: thick ? random.logRange(6, 60) : random.logRange(0.6, 6),
    ampGlowE: !thick && random.chance(0.25) ? random.logRange(15, 250) : 0,
    bandingE: random.range(0.02, 0.35),
    temperatureC: random.pick([-20, -15, -10, -5, 0]),
  }
}
