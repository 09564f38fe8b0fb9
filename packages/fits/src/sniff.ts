import { FitsError } from './errors.ts'

interface Signature {
  readonly bytes: readonly number[]
  readonly refusal: string
}

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0))

const signatures: readonly Signature[] = [
  { bytes: ascii('XISF0100'), refusal: 'an XISF file (PixInsight)' },
  { bytes: ascii('BZh'), refusal: 'compressed by bzip2; decompress it first' },
  { bytes: [0x1f, 0x9d], refusal: 'compressed by Unix compress (.Z); decompress it first' },
  { bytes: [0xfd, ...ascii('7zXZ')], refusal: 'compressed by xz; decompress it first' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], refusal: 'compressed by zstd; decompress it first' },
  { bytes: ascii('PK\x03\x04'), refusal: 'a zip archive; unpack it first' },
  { bytes: [0x89, ...ascii('PNG')], refusal: 'a PNG image' },
  { bytes: [0xff, 0xd8, 0xff], refusal: 'a JPEG image' },
  { bytes: ascii('II*\0'), refusal: 'a TIFF image or a raw file of a camera' },
  { bytes: ascii('MM\0*'), refusal: 'a TIFF image or a raw file of a camera' },
  { bytes: [0x89, ...ascii('HDF')], refusal: 'an HDF5 file' },
]

export function isGzip(start: Uint8Array): boolean {
  return start[0] === 0x1f && start[1] === 0x8b
}

/** Whether a file begins like FITS. @throws FitsError `NOT_FITS` naming what it is instead, if known */
export function requireFits(start: Uint8Array): void {
  if (start.length === 0) throw new FitsError('NOT_FITS', 'the file is empty')
  const begins = String.fromCharCode(...start.subarray(0, 16))
  if (/^SIMPLE *=/.test(begins)) return
  const known = signatures.find(({ bytes }) => bytes.every((byte, i) => start[i] === byte))
  if (known) throw new FitsError('NOT_FITS', `not FITS: ${known.refusal}`)
  const shown = JSON.stringify(begins.replace(/[^ -~]/g, '.'))
  throw new FitsError('NOT_FITS', `not FITS: wanted a file that begins "SIMPLE  =", got ${shown}`)
}
