import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longs, type Tensor, tensor } from '../../src/tensor.ts'
import { encodeStateDict } from '../../src/weights/encodeStateDict.ts'
import { decodeStateDict } from '../../src/weights/stateDict.ts'
import { described, file } from './helpers.ts'

/** Prints what torch.load makes of a file, weights only where this torch knows the word. */
const script = `
import base64, collections, inspect, json, sys, torch
strict = {"weights_only": True} if "weights_only" in inspect.signature(torch.load).parameters else {}
state = torch.load(sys.argv[1], **strict)
assert type(state) is collections.OrderedDict, type(state)
def described(t):
    assert t.is_contiguous() and not t.requires_grad
    raw = t.numpy()
    return {"type": str(raw.dtype), "dims": list(raw.shape), "base64": base64.b64encode(raw.tobytes()).decode()}
print(json.dumps({"strict": bool(strict), "tensors": [[k, described(v)] for k, v in state.items()]}))
`

const python = ['python3', '/usr/bin/python3'].find((command) => {
  try {
    execFileSync(command, ['-c', 'import torch, numpy'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

describe('torch.load reads what encodeStateDict wrote', () => {
  let temporary: string
  beforeAll(() => {
    temporary = mkdtempSync(join(tmpdir(), 'nebulift-weights-'))
  })
  afterAll(() => rmSync(temporary, { recursive: true }))

  function load(tensors: ReadonlyMap<string, Tensor>) {
    const path = join(temporary, 'state.pth')
    writeFileSync(path, encodeStateDict(tensors))
    const stdout = execFileSync(python!, ['-c', script, path], { encoding: 'utf8' })
    return JSON.parse(stdout) as { tensors: unknown; strict: boolean }
  }

  it('every element type and shape, bit for bit', (context) => {
    if (!python) return context.skip('no python3 with torch on this machine')
    const tensors = new Map<string, Tensor>([
      ['conv.weight', tensor([1.5, -0, Number.NaN, Infinity, 1e-45, 3], [3, 1, 2])],
      ['double', { type: 'float64', dims: [2], data: Float64Array.of(Math.PI, -1e300) }],
      ['half', { type: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xfbff) }],
      ['bn.num_batches_tracked', longs([7], [])],
      ['long', { type: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) }],
      ['int', { type: 'int32', dims: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) }],
      ['short', { type: 'int16', dims: [1, 1], data: Int16Array.of(-32768) }],
      ['char', { type: 'int8', dims: [3], data: Int8Array.of(-128, 0, 127) }],
      ['byte', { type: 'uint8', dims: [2], data: Uint8Array.of(0, 255) }],
      ['bool', { type: 'bool', dims: [2], data: Uint8Array.of(1, 0) }],
      ['empty', tensor([], [2, 0, 3])],
      ['größe', tensor([1])],
    ])
    const got = load(tensors)
    expect(got.tensors).toEqual([...tensors].map(([name, each]) => [name, described(each)]))
    expect(got.strict).toBe(true)
  })

  it('what torch wrote, through us and back', async (context) => {
    if (!python) return context.skip('no python3 with torch on this machine')
    for (const name of ['network.pth', 'views.pth', 'types.pth']) {
      const tensors = await decodeStateDict(file(name))
      expect(load(tensors).tensors).toEqual(
        [...tensors].map(([name, each]) => [name, described(each)]),
      )
    }
  })

  it('no tensors at all', (context) => {
    if (!python) return context.skip('no python3 with torch on this machine')
    expect(load(new Map()).tensors).toEqual([])
  })
})
