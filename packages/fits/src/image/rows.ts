import { FitsError } from '../errors.ts'
import type { Hdu } from '../hdu.ts'
import { readExactly } from '../source/source.ts'
import type { PlaneRegion } from './region.ts'

/** Longest single read, in bytes: a 26-megapixel 16-bit frame in one, larger images in pieces. */
const MAX_READ = 2 ** 26

/** Bytes between two rows of a section that are cheaper to read along than to skip by a new request. */
const MAX_GAP = 2 ** 18

/** Rows read at once where each is a request of its own. */
const PARALLEL = 8

/** Takes the stored bytes of consecutive pixels, the first of which is pixel `at` of the section. */
export type VisitBytes = (bytes: Uint8Array, at: number) => void

/**
 * Reads the stored bytes of a section of an uncompressed image: rows that lie close together in one
 * request, others one by one. Nothing outside the rows from the first to the last is read.
 */
export async function readRows(
  hdu: Hdu,
  region: PlaneRegion,
  visit: VisitBytes,
  signal?: AbortSignal,
): Promise<void> {
  if (region.width === 0 || region.height === 0) return
  const layout = layoutOf(hdu, region)
  const apart = layout.stride - layout.rowBytes > MAX_GAP
  const rowsPerRead = apart ? 1 : Math.max(1, Math.floor(MAX_READ / layout.stride))
  await readGroups(hdu, layout, rowsPerRead, apart ? PARALLEL : 1, visit, signal)
}

/**
 * Checks the file's size before memory is asked for: a damaged header may promise any number of pixels.
 * @throws FitsError `TRUNCATED`
 */
export function requireRows(hdu: Hdu, region: PlaneRegion): void {
  const { start, stride, rowBytes, height } = layoutOf(hdu, region)
  if (height === 0 || start + (height - 1) * stride + rowBytes <= hdu.source.size) return
  const got = Math.max(0, hdu.source.size - hdu.dataOffset)
  throw new FitsError(
    'TRUNCATED',
    `image of HDU ${hdu.index}: wanted ${hdu.dataBytes} bytes, the file has ${got}`,
    { offset: hdu.dataOffset },
  )
}

interface Layout {
  readonly start: number
  readonly stride: number
  readonly rowBytes: number
  readonly width: number
  readonly height: number
}

function layoutOf(hdu: Hdu, region: PlaneRegion): Layout {
  const pixelBytes = Math.abs(hdu.bitpix) / 8
  const { planeWidth, planeHeight, index, x, y, width, height } = region
  return {
    start: hdu.dataOffset + ((index * planeHeight + y) * planeWidth + x) * pixelBytes,
    stride: planeWidth * pixelBytes,
    rowBytes: width * pixelBytes,
    width,
    height,
  }
}

async function readGroups(
  hdu: Hdu,
  layout: Layout,
  rowsPerRead: number,
  parallel: number,
  visit: VisitBytes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { start, stride, rowBytes, width, height } = layout
  const what = `image of HDU ${hdu.index}`
  let next = 0
  const work = async () => {
    while (next < height) {
      signal?.throwIfAborted()
      const first = next
      const rows = Math.min(rowsPerRead, height - first)
      next += rows
      const length = (rows - 1) * stride + rowBytes
      const bytes = await readExactly(hdu.source, start + first * stride, length, what, signal)
      if (rowBytes === stride) visit(bytes, first * width)
      else {
        for (let row = 0; row < rows; row++) {
          const at = row * stride
          visit(bytes.subarray(at, at + rowBytes), (first + row) * width)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
}
