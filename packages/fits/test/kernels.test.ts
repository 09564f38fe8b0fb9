import {
  bufferSource,
  encodeFits,
  luminancePlane,
  openFits,
  readPixels,
  readPlane,
} from '@nebulift/fits'
import { expect, it } from 'vitest'
import { kernels } from '../src/kernels.ts'
import { decodeRice } from '../src/tiles/rice.ts'

it('WebAssembly memory stays small whatever the image', async () => {
  const data = new Float64Array(2_000_000)
  const [hdu] = await openFits(bufferSource(encodeFits([{ data, shape: [2_000_000, 1] }])))
  luminancePlane(await readPlane(hdu!))
  await readPixels(hdu!)
  decodeRice(new Uint8Array(500_000), { pixels: 3_000_000, parameters: new Map(), bitpix: 32 })
  expect(kernels().memory.buffer.byteLength).toBeLessThanOrEqual(2 ** 20)
})
