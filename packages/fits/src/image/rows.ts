import { FitsError } from '../errors.ts'
import type { Hdu } from '../hdu.ts'
import { type DirectSource, isDirect, readExactly, truncated } from '../source/source.ts'
import type { PlaneRegion } from './region.ts'

/** Longest single read, in bytes: a 26-megapixel 16-bit frame in one, larger images in pieces. */
const MAX_READ = 2 ** 26

/** Bytes between two rows of a section that are cheaper to read along than to skip by a new request. */
const MAX_GAP = 2 ** 18

/** Rows read at once where each is a request of its own. */
const PARALLEL = 8

/** Takes the stored bytes of consecutive pixels, the first of which is pixel `at` of the section. */
export type VisitBytes = (bytes: Uint8Array, at: number) => void

/** Size of each of the two buffers through which a direct source streams, in bytes. */
const STREAM_BYTES = 2 ** 22

/**
 * Reads the stored bytes of a section of an uncompressed image: rows that lie close together in one
 * request, others one by one; from a local file in small pieces, the next read while one is visited.
 * Nothing outside the rows from the first to the last is read.
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
  if (!apart && isDirect(hdu.source) && layout.stride <= STREAM_BYTES) {
    return streamRows(hdu.source, layout, visit, signal)
  }
  const rowsPerRead = apart ? 1 : Math.max(1, Math.floor(MAX_READ / layout.stride))
  await readGroups(hdu, layout, rowsPerRead, apart ? PARALLEL : 1, visit, signal)
}

async function streamRows(
  source: DirectSource,
  layout: Layout,
  visit: VisitBytes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { start, stride, rowBytes, height, what } = layout
  const rows = Math.min(height, Math.floor(STREAM_BYTES / stride))
  const buffers = [new Uint8Array(rows * stride), new Uint8Array(rows < height ? rows * stride : 0)]
  const load = async (first: number): Promise<Uint8Array> => {
    const wanted = (Math.min(rows, height - first) - 1) * stride + rowBytes
    const target = buffers[(first / rows) % 2]!.subarray(0, wanted)
    const got = await source.readInto(target, start + first * stride, signal)
    if (got < wanted) throw truncated(what, wanted, got, start + first * stride)
    return target
  }
  let coming = load(0)
  for (let first = 0; first < height; first += rows) {
    const bytes = await coming
    if (first + rows < height) coming = load(first + rows)
    visitRows(bytes, first, layout, visit)
  }
}

/** Hands over the rows in `bytes`, the first of which is row `first` of the section. */
function visitRows(
  bytes: Uint8Array,
  first: number,
  { stride, rowBytes, width }: Layout,
  visit: VisitBytes,
): void {
  if (rowBytes === stride) {
    visit(bytes, first * width)
    return
  }
  for (let row = 0; row * stride < bytes.length; row++) {
    visit(bytes.subarray(row * stride, row * stride + rowBytes), (first + row) * width)
  }
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
  /** Offset of the first pixel in the source, and bytes from row to row and of a row's part. */
  readonly start: number
  readonly stride: number
  readonly rowBytes: number
  /** Size of the section in pixels. */
  readonly width: number
  readonly height: number
  /** Begins the message of an error. */
  readonly what: string
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
    what: `image of HDU ${hdu.index}`,
  }
}

async function readGroups(
  { source }: Hdu,
  layout: Layout,
  rowsPerRead: number,
  parallel: number,
  visit: VisitBytes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { start, stride, rowBytes, height, what } = layout
  let next = 0
  const work = async () => {
    while (next < height) {
      signal?.throwIfAborted()
      const first = next
      const rows = Math.min(rowsPerRead, height - first)
      next += rows
      const length = (rows - 1) * stride + rowBytes
      const bytes = await readExactly(source, start + first * stride, length, what, signal)
      visitRows(bytes, first, layout, visit)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
}
