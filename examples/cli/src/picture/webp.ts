import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type encodeWebp from '@jsquash/webp/encode.js'

type Encode = typeof encodeWebp

let encoder: Promise<Encode> | undefined

/**
 * Bytes of a WebP picture from grey values, row by row. The codec is loaded at the first call and
 * kept for the thread's life; its WebAssembly is read from the package's own files.
 */
export async function encodeGreyWebp(
  grey: Uint8ClampedArray,
  width: number,
  height: number,
  quality: number,
): Promise<Uint8Array> {
  encoder ??= loadEncoder()
  const encode = await encoder
  const data = new Uint8ClampedArray(grey.length * 4)
  const pixels = new Uint32Array(data.buffer)
  for (let i = 0; i < grey.length; i++) pixels[i] = 0xff000000 | (grey[i]! * 0x010101)
  const picture = { data, width, height, colorSpace: 'srgb' } as ImageData
  return new Uint8Array(await encode(picture, { quality, method: 3 }))
}

async function loadEncoder(): Promise<Encode> {
  const { default: encode, init } = await import('@jsquash/webp/encode.js')
  // Every Node that runs this has WebAssembly SIMD, for which the codec picks this file.
  const require = createRequire(import.meta.url)
  const path = require.resolve('@jsquash/webp/codec/enc/webp_enc_simd.wasm')
  const wasm = await WebAssembly.compile(new Uint8Array(await readFile(path)))
  // The declaration lists the options only; the module itself takes the compiled code first.
  await (init as unknown as (module: WebAssembly.Module) => Promise<unknown>)(wasm)
  return encode
}
