import { openFits, readPlane } from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import { installedRivals } from '../environment.ts'
import { framePath, megapixels } from '../frames.ts'
import { type Contender, inProcess, race } from '../harness.ts'
import { sepContender } from '../rivals/sep.ts'
import type { Row } from './row.ts'

async function readWhole(path: string): Promise<number> {
  const source = await fileSource(path)
  try {
    const [primary] = await openFits(source)
    const { data } = await readPlane(primary)
    return data[data.length >> 1]
  } finally {
    await source.close()
  }
}

/** From the file (in the page cache) to 32-bit floats in memory. */
export const reading: Row = {
  name: 'read 26 Mpx',
  async run({ quick, say }) {
    const path = await framePath(say)
    const contenders: Contender[] = [inProcess('@nebulift/fits', () => readWhole(path))]
    if (installedRivals().sep) contenders.push(await sepContender('astropy', path, 'read'))
    const work = { work: megapixels, unit: 'Mpx', rounds: quick ? 3 : 9 }
    return { timings: await race(this.name, contenders, work) }
  },
}
