import { expect, it } from 'vitest'
import { bytesOf } from '../src/bytesOf.ts'

it.each([new ArrayBuffer(16), new SharedArrayBuffer(16)])(
  'shares the memory of a view of %s',
  (buffer) => {
    const view = new Uint32Array(buffer, 4, 2)
    const bytes = bytesOf(view)
    expect(bytes).toHaveLength(8)
    bytes.fill(255)
    expect([...new Uint32Array(buffer)]).toEqual([0, 2 ** 32 - 1, 2 ** 32 - 1, 0])
  },
)
