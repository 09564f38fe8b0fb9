// How fast a 26-megapixel frame is read and halved, warm from the page cache. Run from the repository's root:
// npx node --conditions=@nebulift/source packages/fits/test/speed.ts [your own file ...]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bayerPlanes,
  encodeFits,
  findImage,
  luminancePlane,
  openFits,
  readPixels,
  readPlane,
} from '@nebulift/fits'
import { fileSource, writeFits } from '@nebulift/fits/node'
import { randomizer } from './helpers.ts'

const ROUNDS = 12
const WARM_UP = 3

async function measure(name: string, megapixels: number, work: () => unknown): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const start = performance.now()
    await work()
    if (round >= WARM_UP) times.push(performance.now() - start)
  }
  const best = Math.min(...times)
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  const speed = `${(megapixels / best) * 1000}`.split('.')[0]
  process.stdout.write(
    `${name.padEnd(44)} min ${best.toFixed(1).padStart(7)} ms  mean ${mean.toFixed(1).padStart(7)} ms  ${speed} Mpx/s\n`,
  )
}

async function measureFile(path: string): Promise<void> {
  await using source = await fileSource(path)
  const image = findImage(await openFits(source))
  if (!image) return
  const megapixels = (image.shape[0]! * image.shape[1]!) / 1e6
  const name = `${image.kind} BITPIX ${image.bitpix}`
  await measure(`${name} readPlane`, megapixels, () => readPlane(image))
  const into = new Float32Array(image.shape[0]! * image.shape[1]!)
  await measure(`${name} readPlane into`, megapixels, () => readPlane(image, { into }))
  await measure(`${name} readPixels`, megapixels, () => readPixels(image))
}

const folder = await mkdtemp(join(tmpdir(), 'nebulift-speed-'))
try {
  const random = randomizer(1)
  const [width, height] = [6248, 4176]
  const data = Uint16Array.from({ length: width * height }, () => 1000 + 60 * random())
  const path = join(folder, 'frame.fits')
  await writeFits(path, [{ data, width, height }])
  await measureFile(path)
  await writeFits(path, [{ data: Float32Array.from(data), width, height }])
  await measureFile(path)
  for (const own of process.argv.slice(2)) await measureFile(own)
  const plane = { data: Float32Array.from(data), width, height }
  const megapixels = (width * height) / 1e6
  await measure('bayerPlanes', megapixels, () => bayerPlanes(plane, 'RGGB'))
  await measure('luminancePlane', megapixels, () => luminancePlane(plane))
  await measure('encodeFits, 16 bits', megapixels, () => encodeFits([{ data, width, height }]))
} finally {
  await rm(folder, { recursive: true })
}
const { rss } = process.memoryUsage()
process.stdout.write(
  `node ${process.version}, ${process.arch}, memory at the end ${Math.round(rss / 1e6)} MB\n`,
)
