import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeFits } from '@nebulift/fits'
import { type FrameSpec, simulateFrame } from '@nebulift/simulator'
import { nebulift } from './nebulift.ts'

/** Where frames are kept between runs; ignored by Git. */
export const scratch = join(import.meta.dirname, 'out')
mkdirSync(scratch, { recursive: true })

/** The sensor of many astronomical cameras (IMX571), one satellite across it. */
const frame = {
  seed: 26,
  width: 6248,
  height: 4176,
  trails: [{ kind: 'satellite', x0: -50, y0: 900, x1: 6300, y1: 3100, pixelSnr: 3 }],
} as const satisfies FrameSpec
export const pixels = frame.width * frame.height
export const megapixels = pixels / 1e6

const night = { frames: 32, width: 3124, height: 2088, seed: 26 }
export const nightFrames = night.frames
export const nightMegapixels = (night.frames * night.width * night.height) / 1e6

type Say = (text: string) => void

/** Draws a frame and writes it as a camera does: 16-bit integers, BZERO 32768. */
function drawFrame(name: string, spec: FrameSpec): string {
  const path = join(scratch, `${name}.fits`)
  if (existsSync(path)) return path
  const { plane, header } = simulateFrame(spec)
  const { width, height } = plane
  const data = Uint16Array.from(plane.data)
  // A run that is broken off leaves no half frame for the next one.
  writeFileSync(
    `${path}.part`,
    encodeFits([{ data, width, height, header: Object.entries(header) }]),
  )
  renameSync(`${path}.part`, path)
  return path
}

/** The 26-megapixel frame; drawn in the first run. */
export async function framePath(say: Say): Promise<string> {
  const name = `frame-${frame.width}x${frame.height}-${frame.seed}`
  if (!existsSync(join(scratch, `${name}.fits`))) say('  drawing the 26-Mpx frame')
  return drawFrame(name, frame)
}

/** A frame so small that judging it shows what a process needs by itself. */
export async function tinyPath(): Promise<string> {
  return drawFrame('frame-64x64', { seed: 26, width: 64, height: 64 })
}

/** A folder with a simulated night of 32 frames, drawn by the command itself. */
export async function nightFolder(say: Say): Promise<string> {
  const { frames, width, height, seed } = night
  const folder = join(scratch, `night-${frames}-${width}x${height}-${seed}`)
  if (existsSync(folder)) return folder
  say(`  drawing a night of ${frames} frames`)
  const part = `${folder}.part`
  rmSync(part, { recursive: true, force: true })
  const size = ['--size', `${width}x${height}`]
  await nebulift('simulate', part, '--frames', `${frames}`, '--seed', `${seed}`, ...size)
  renameSync(part, folder)
  return folder
}
