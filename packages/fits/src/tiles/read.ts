import type { Hdu } from '../hdu.ts'
import type { PlaneRegion } from '../image/region.ts'
import type { PixelData } from '../image/stored.ts'
import { readExactly } from '../source/source.ts'
import type { TilePart, TileReader } from './decode.ts'
import { runsOf, type Tile, tilesOf } from './grid.ts'

/** Takes values of consecutive pixels, the first of which is pixel `at` of the section. */
export type VisitValues = (values: PixelData, at: number) => void

/** Longest read of compressed tiles at once, in bytes, and the gap between two that is read along. */
const MAX_READ = 2 ** 24
const MAX_GAP = 2 ** 16

/** Tiles decoded side by side: enough to keep inflating threads busy, few enough to stay small. */
const PARALLEL = 32

/**
 * Reads a section of a tile-compressed image: the table rows of the tiles it touches, then their bytes,
 * neighbours together. Values come in the type of BITPIX, before BSCALE and BZERO.
 */
export async function readTiles(
  hdu: Hdu,
  reader: TileReader,
  region: PlaneRegion,
  visit: VisitValues,
  signal?: AbortSignal,
): Promise<void> {
  if (region.width === 0 || region.height === 0) return
  const parts = await locate(hdu, reader, tilesOf(hdu, region), signal)
  parts.sort((a, b) => a.offset - b.offset)
  for (const group of groups(parts, (part) => part)) {
    const bytes = await readGroup(hdu, group, 'compressed tiles', signal)
    for (let i = 0; i < group.items.length; i += PARALLEL) {
      signal?.throwIfAborted()
      const decode = async (part: TilePart) => {
        const from = part.offset - group.offset
        const values = await reader.decode(part, bytes.subarray(from, from + part.bytes))
        for (const run of runsOf(part.tile, region)) {
          visit(values.subarray(run.from, run.from + run.length), run.at)
        }
      }
      await Promise.all(group.items.slice(i, i + PARALLEL).map(decode))
    }
  }
}

/** Reads the table rows of these tiles, which say where their bytes are. */
async function locate(
  hdu: Hdu,
  reader: TileReader,
  tiles: readonly Tile[],
  signal: AbortSignal | undefined,
): Promise<TilePart[]> {
  const { rowBytes } = reader.table
  const place = ({ row }: Tile) => ({ offset: hdu.dataOffset + row * rowBytes, bytes: rowBytes })
  const parts: TilePart[] = []
  for (const group of groups(tiles, place)) {
    const bytes = await readGroup(hdu, group, 'table of tiles', signal)
    for (const tile of group.items) {
      const at = bytes.byteOffset + place(tile).offset - group.offset
      parts.push(reader.locate(tile, new DataView(bytes.buffer, at, rowBytes)))
    }
  }
  return parts
}

interface Place {
  /** Offset in the source. */
  readonly offset: number
  readonly bytes: number
}

interface Group<Item> {
  readonly items: readonly Item[]
  readonly offset: number
  readonly end: number
}

/** Splits items in order of their offsets into groups that are worth one read each. */
function* groups<Item>(
  items: readonly Item[],
  place: (item: Item) => Place,
): Generator<Group<Item>> {
  for (let first = 0; first < items.length; ) {
    const { offset, bytes } = place(items[first]!)
    let end = offset + bytes
    let next = first + 1
    for (; next < items.length; next++) {
      const following = place(items[next]!)
      const newEnd = Math.max(end, following.offset + following.bytes)
      if (following.offset - end > MAX_GAP || newEnd - offset > MAX_READ) break
      end = newEnd
    }
    yield { items: items.slice(first, next), offset, end }
    first = next
  }
}

function readGroup(
  hdu: Hdu,
  { offset, end }: Group<unknown>,
  what: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  return readExactly(hdu.source, offset, end - offset, `${what} of HDU ${hdu.index}`, signal)
}
