import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { partPath, syncFolder } from '../files/atomic.ts'

/** Form of the numbers in an .npy file: bytes, or 32-bit floats in this machine's (little-endian) order. */
export type NpyType = '|u1' | '<f4'

export interface NpyArray {
  readonly type: NpyType
  readonly shape: readonly number[]
  /** The numbers in row order, in pieces of any length, so that a large array need not be in memory. */
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** Writes an array as NumPy's `np.load` reads it (format 1.0), whole or not at all. */
export async function writeNpy(path: string, { type, shape, pieces }: NpyArray): Promise<void> {
  const part = partPath(path)
  try {
    const handle = await open(part, 'wx')
    try {
      await handle.writeFile(npyHeader(type, shape))
      for await (const piece of pieces) await handle.writeFile(piece)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, path)
    await syncFolder(dirname(path))
  } finally {
    await rm(part, { force: true })
  }
}

/** Magic, version, length and a Python dictionary, padded so that the numbers begin at a multiple of 64. */
function npyHeader(type: NpyType, shape: readonly number[]): Uint8Array {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`
  const fixed = 10
  const padding = 63 - ((fixed + text.length) % 64)
  const body = Buffer.from(`${text}${' '.repeat(padding)}\n`, 'latin1')
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0])
  head.writeUInt16LE(body.length, 8)
  return Buffer.concat([head, body])
}
