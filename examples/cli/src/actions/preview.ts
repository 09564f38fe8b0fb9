import { open } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { assessFrames, frameContext, measureFrame } from '@nebulift/prefilter'
import type { CommandContext } from '../commands/context.ts'
import { CliError, errorCode } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { readFrame } from '../frame/readFrame.ts'
import { splitName } from '../night/names.ts'
import { explainPng } from '../picture/index.ts'
import { printable } from '../terminal/text.ts'
import { mosaicNote } from './showBatch.ts'

/** Options as they were typed. */
export interface PreviewFlags {
  readonly output?: string
  readonly explain?: boolean
  readonly size?: number
  readonly hdu?: number
}

/** The work of `nebulift preview`. */
export async function preview(
  { terminal }: CommandContext,
  file: string,
  { explain = false, size, hdu, ...flags }: PreviewFlags,
): Promise<number> {
  const output = flags.output ?? resolve(`${splitName(basename(file)).stem}.preview.png`)
  await refuseOtherThanPng(file, output)
  const frame = await readFrame(file, hdu === undefined ? {} : { hdu })
  const { plane, factor, get } = frame
  if (frame.mosaic === 'pixels') terminal.log('debug', mosaicNote, { file: printable(file) })
  const { width, height } = plane
  // Drawn on the plane that was judged: its pixels, not those of a Bayer sensor.
  const context = () => frameContext(get, { width, height, step: factor })
  const assessment = explain ? assessFrames([measureFrame(plane, context())])[0] : undefined
  const options = { title: basename(file), ...(size !== undefined && { longSidePx: size }) }
  await writeAtomic(output, explainPng(plane, assessment, options))
  terminal.print(`${output} written`)
  return 0
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47])

/** An earlier picture may be replaced, a frame or a document never. */
async function refuseOtherThanPng(input: string, output: string): Promise<void> {
  if (resolve(input) === resolve(output)) {
    throw new CliError('the picture would replace the frame; choose another name', { exitCode: 2 })
  }
  try {
    const handle = await open(output)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
      if (bytesRead === 0 || buffer.equals(pngSignature)) return
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw error
  }
  throw new CliError(`${output} is there already and is no PNG picture; choose another name`, {
    exitCode: 2,
  })
}
