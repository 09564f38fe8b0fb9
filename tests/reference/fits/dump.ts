// Writes what @nebulift/fits reads from a file, for compare_with_astropy.py: one line of JSON with the
// HDUs, then the pixels of every image as physical float32 in the machine's order.
import { writeSync } from 'node:fs'
import { FitsError, type Hdu, openFits, planeCount, readPixels, readPlane } from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'

interface DumpedImage {
  readonly index: number
  readonly kind: string
  readonly name: string
  readonly shape: readonly number[]
  readonly problems: number
  /** Array type of the exact pixels, and whether scaling them gives the physical ones. */
  readonly type?: string
  readonly error?: string
}

const parts: Uint8Array[] = []

async function dumpImage(hdu: Hdu): Promise<DumpedImage> {
  const { index, kind, name, shape, header } = hdu
  const described = { index, kind, name, shape, problems: header.problems.length }
  if (kind !== 'image' && kind !== 'compressed-image') return described
  try {
    let type = ''
    const planes: Uint8Array[] = []
    for (let plane = 0; plane < planeCount(hdu); plane++) {
      planes.push(new Uint8Array((await readPlane(hdu, { index: plane })).data.buffer))
      type = (await readPixels(hdu, { index: plane })).data.constructor.name
    }
    parts.push(...planes)
    return { ...described, type }
  } catch (error) {
    if (!(error instanceof FitsError)) throw error
    return { ...described, error: `${error.code} ${error.message}` }
  }
}

async function dump(path: string): Promise<unknown> {
  try {
    await using source = await fileSource(path)
    const images: DumpedImage[] = []
    for (const hdu of await openFits(source)) images.push(await dumpImage(hdu))
    return { hdus: images }
  } catch (error) {
    if (!(error instanceof FitsError)) throw error
    return { error: `${error.code} ${error.message}` }
  }
}

const line = JSON.stringify(await dump(process.argv[2] ?? ''))
for (const part of [new TextEncoder().encode(`${line}\n`), ...parts]) {
  for (let done = 0; done < part.length; ) done += writeSync(1, part, done)
}
