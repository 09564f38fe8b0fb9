import { type Hdu, type HeaderValue, openFits } from '@nebulift/fits'
import { fileSource } from '@nebulift/fits/node'
import type { CommandContext } from '../commands/context.ts'
import { describeError } from '../errors.ts'
import { isPicture } from '../frame/chooseImage.ts'
import { assumesMosaic } from '../frame/readFrame.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { formatBytes, formatTable, printable } from '../terminal/text.ts'
import { mosaicNote } from './showBatch.ts'

/** Options as they were typed. */
export interface InspectFlags {
  readonly json?: boolean
  readonly header?: boolean
}

/** The work of `nebulift inspect`. */
export async function inspect(
  { io, terminal }: CommandContext,
  files: readonly string[],
  flags: InspectFlags,
): Promise<number> {
  let failures = 0
  for (const file of files) {
    if (io.signal?.aborted) return 130
    try {
      await inspectFile(terminal, file, flags)
    } catch (error) {
      failures++
      terminal.log('error', describeError(error, file), { file: printable(file) })
    }
  }
  return failures > 0 ? 1 : 0
}

async function inspectFile(terminal: Terminal, file: string, flags: InspectFlags): Promise<void> {
  const source = await fileSource(file)
  try {
    const hdus = await openFits(source)
    const mosaics = await findMosaics(hdus)
    if (flags.json) {
      const described = hdus.map((hdu) => describeHdu(hdu, mosaics.has(hdu)))
      terminal.print(JSON.stringify({ file, bytes: source.size, hdus: described }))
      return
    }
    terminal.print(`${terminal.paint('bold', printable(file))}  ${formatBytes(source.size)}`)
    terminal.print(formatTable(hdus.map(hduRow), { indent: '  ', right: [0] }))
    for (const line of keyLines(hdus)) terminal.print(`  ${line}`)
    for (const { index } of mosaics) terminal.print(`  HDU ${index}: ${mosaicNote}`)
    for (const hdu of hdus.filter(isTruncated)) {
      const { dataBytes, index } = hdu
      const note = `truncated: the header promises ${dataBytes} bytes of data, ${bytesThere(hdu)} are there`
      terminal.print(`  ${terminal.paint('red', `HDU ${index}: ${note}`)}`)
    }
    for (const hdu of flags.header ? hdus : []) {
      terminal.print(`\n  ${terminal.paint('bold', `header of HDU ${hdu.index}`)}`)
      for (const { text } of hdu.header.cards) terminal.print(`  ${printable(text).trimEnd()}`)
    }
    terminal.print()
  } finally {
    await source.close()
  }
}

/** Bytes of an HDU's data that the file holds. */
const bytesThere = ({ dataOffset, dataBytes, source }: Hdu): number =>
  Math.min(dataBytes, Math.max(0, source.size - dataOffset))

const isTruncated = (hdu: Hdu): boolean => bytesThere(hdu) < hdu.dataBytes

/** Pictures that would be judged as mosaics though their headers are silent. */
async function findMosaics(hdus: readonly Hdu[]): Promise<ReadonlySet<Hdu>> {
  const found = new Set<Hdu>()
  for (const hdu of hdus.filter(isPicture)) if (await assumesMosaic(hdu)) found.add(hdu)
  return found
}

function hduRow({ index, name, kind, shape, bitpix, scaling }: Hdu): string[] {
  const size = shape.length > 0 ? shape.join(' x ') : 'no data'
  // Unsigned numbers are stored as signed ones and an offset of half their range.
  const unsigned = bitpix === 8 || scaling.bzero === 2 ** (bitpix - 1)
  const type = bitpix < 0 ? `float${-bitpix}` : `${unsigned ? 'u' : ''}int${bitpix}`
  return [String(index), printable(name), kind, size, shape.length > 0 ? type : '']
}

function describeHdu(hdu: Hdu, mosaicAssumed: boolean) {
  const { index, name, kind, shape, bitpix, header } = hdu
  const cards = header.cards.filter(({ value }) => value !== undefined)
  const values = cards.map(({ keyword, value }) => [keyword, plainValue(value)])
  const assumed = mosaicAssumed ? { mosaicAssumed } : {}
  const truncated = isTruncated(hdu)
    ? { truncated: { dataBytes: hdu.dataBytes, bytesThere: bytesThere(hdu) } }
    : {}
  return {
    index,
    name,
    kind,
    shape,
    bitpix,
    ...assumed,
    ...truncated,
    header: Object.fromEntries(values),
  }
}

/** JSON has neither big nor complex numbers. */
const plainValue = (value: HeaderValue | undefined) =>
  typeof value === 'bigint' ? value.toString() : value

const keyCards = [
  ['OBJECT', 'IMAGETYP', 'FILTER', 'EXPTIME', 'GAIN', 'CCD-TEMP', 'XBINNING', 'BAYERPAT'],
  ['DATE-OBS', 'INSTRUME', 'TELESCOP', 'FOCALLEN', 'XPIXSZ', 'SWCREATE'],
]

function keyLines(hdus: readonly Hdu[]): string[] {
  return keyCards.flatMap((keywords) => {
    const found = keywords.flatMap((keyword) => {
      const value = hdus.map(({ header }) => header.get(keyword)).find((v) => v !== undefined)
      return value === undefined ? [] : [`${keyword} ${printable(String(value).trim())}`]
    })
    return found.length > 0 ? [found.join(' · ')] : []
  })
}
