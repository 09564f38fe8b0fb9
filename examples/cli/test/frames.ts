import { join } from 'node:path'
import { encodeFits, type HeaderEntry, type PixelData } from '@nebulift/fits'
import { simulateNight } from '../src/simulation/simulateNight.ts'
import { fill } from './helpers.ts'

/** Small frames of a simulated night: quick to judge, and large enough to hold stars. */
export const smallNight = { frames: 6, seed: 5, width: 320, height: 256, jobs: 2 }

/** Writes a small night into `folder`/frames and returns that folder. */
export async function simulateInto(folder: string, options = {}): Promise<string> {
  const frames = join(folder, 'frames')
  await simulateNight(frames, { ...smallNight, ...options })
  return frames
}

/** The bytes of a FITS file with one picture. */
export function fitsOf(
  data: PixelData,
  shape: readonly number[],
  header: readonly HeaderEntry[] = [],
): Uint8Array {
  return encodeFits([{ data, shape, header }])
}

/** Flat sky with a little noise, always the same. */
export function sky(pixels: number, level = 1000): Uint16Array {
  let state = 1
  return Uint16Array.from({ length: pixels }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return level + ((state >> 16) % 20)
  })
}

const card = (text: string) => text.padEnd(80)
const block = (cards: readonly string[]) => [...cards, 'END'].map(card).join('').padEnd(2880)

const tableOnly =
  block([
    'SIMPLE  =                    T',
    'BITPIX  =                    8',
    'NAXIS   =                    0',
  ]) +
  block([
    "XTENSION= 'BINTABLE'",
    'BITPIX  =                    8',
    'NAXIS   =                    2',
    'NAXIS1  =                    4',
    'NAXIS2  =                    1',
    'PCOUNT  =                    0',
    'GCOUNT  =                    1',
    'TFIELDS =                    1',
    "TFORM1  = 'J       '",
  ]) +
  '\0'.repeat(2880)

/** One of each kind of bad frame, by name, and what must become of it. */
export const badFrames = {
  unreadable: ['empty.fits', 'table.fits', 'text.fits', 'truncated.fits'],
  corrupt: ['constant.fits', 'nan.fits', 'one.fits'],
}

/** Puts one of each kind of bad frame into a folder. */
export function fillBad(folder: string): void {
  const [width, height] = [128, 96]
  fill(folder, {
    'empty.fits': '',
    'text.fits': 'Dear diary, the night was clear.\n',
    'table.fits': tableOnly,
    'truncated.fits': fitsOf(sky(width * height), [width, height]).subarray(0, 9000),
    'nan.fits': fitsOf(new Float32Array(width * height).fill(Number.NaN), [width, height]),
    'constant.fits': fitsOf(new Uint16Array(width * height).fill(1000), [width, height]),
    'one.fits': fitsOf(new Uint16Array([1000]), [1, 1]),
  })
}
