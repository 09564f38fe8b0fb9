import type { Telescope } from './instrument.ts'
import { deriveSeed } from './random.ts'
import type { FrameHeader } from './types.ts'

/** Length of the shutter's start and the sensor's read-out: frames of a night follow each other at this pace. */
export const betweenFramesMs = 7000

/** Start of a frame whose spec does not say: 2026-03-14 20:00 UTC. */
export const defaultStartMs = 1773518400000

/** Header cards as capture programs (N.I.N.A., SharpCap) write them. */
export function makeHeader(
  telescope: Telescope,
  options: {
    readonly object: string
    readonly fieldSeed: number
    readonly startMs: number
    readonly index: number
    readonly flipped: boolean
  },
): FrameHeader {
  const raDeg = (deriveSeed(options.fieldSeed, 'ra') / 4294967296) * 360
  const decDeg = 80 - (deriveSeed(options.fieldSeed, 'dec') / 4294967296) * 100
  return {
    IMAGETYP: 'Light Frame',
    OBJECT: options.object,
    FILTER: 'L',
    EXPTIME: telescope.exposureS,
    EXPOSURE: telescope.exposureS,
    'DATE-OBS': new Date(options.startMs).toISOString().slice(0, 23),
    GAIN: telescope.gainSetting,
    EGAIN: telescope.gainE,
    OFFSET: telescope.biasAdu / telescope.adcStepAdu,
    XBINNING: telescope.binning,
    YBINNING: telescope.binning,
    INSTRUME: telescope.cameraName,
    TELESCOP: telescope.name,
    FOCALLEN: telescope.focalLengthMm,
    FOCRATIO: rounded(telescope.focalLengthMm / telescope.apertureMm, 10),
    XPIXSZ: telescope.pixelUm,
    YPIXSZ: telescope.pixelUm,
    'CCD-TEMP': telescope.temperatureC,
    'SET-TEMP': telescope.temperatureC,
    RA: rounded(raDeg, 1e6),
    DEC: rounded(decDeg, 1e6),
    PIERSIDE: options.flipped ? 'East' : 'West',
    SITELAT: 48.1,
    SITELONG: 11.6,
    SITEELEV: 520,
    FRAMENO: options.index + 1,
    ROWORDER: 'TOP-DOWN',
    SWCREATE: 'Nebulift simulator',
  }
}

function rounded(value: number, perUnit: number): number {
  return Math.floor(value * perUnit + 0.5) / perUnit
}
