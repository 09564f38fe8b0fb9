import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeSafetensors } from '../../src/weights/safetensors.ts'
import { decodeStateDict } from '../../src/weights/stateDict.ts'
import { describedAll, file, folder, isRefused, refusal, truth } from './helpers.ts'

// Written by tests/reference/model/weights.py: torch's own files, and what torch holds.
const archives = readdirSync(folder).filter((name) => name.endsWith('.pth'))

describe('what torch.save wrote', () => {
  it('has files to read', () => expect(archives.length).toBeGreaterThan(8))

  it.each(archives)('%s: every tensor, bit for bit, in order', async (name) => {
    expect(describedAll(await decodeStateDict(file(name)))).toEqual(truth(name))
  })

  it.each(archives)('%s cut anywhere is refused', async (name) => {
    const whole = file(name)
    for (let length = 0; length < whole.length; length++) {
      expect(await isRefused(() => decodeStateDict(whole.subarray(0, length)))).toBe(true)
    }
  })

  it.each(archives)('%s with any byte changed is read or refused', async (name) => {
    const whole = file(name)
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice()
      changed[at]! ^= 1 << (at % 8)
      await isRefused(() => decodeStateDict(changed))
    }
  })

  it('tensors that share a storage share memory, and so do contiguous parts of one', async () => {
    const tensors = await decodeStateDict(file('views.pth'))
    const buffer = (name: string) => tensors.get(name)!.data.buffer
    expect(buffer('tiedAgain')).toBe(buffer('tied'))
    expect(tensors.get('tiedAgain')!.data.byteOffset).toBe(tensors.get('tied')!.data.byteOffset)
    expect(buffer('rows')).toBe(buffer('whole'))
    expect(buffer('transposed')).not.toBe(buffer('whole'))
  })

  it('is not copied: torch aligns it', async () => {
    const bytes = file('network.pth')
    for (const { data } of (await decodeStateDict(bytes)).values()) {
      expect(data.buffer).toBe(bytes.buffer)
    }
  })

  it('is copied where the bytes themselves lie askew, and reads the same', async () => {
    const whole = file('types.pth')
    const askew = new Uint8Array(whole.length + 1).subarray(1)
    askew.set(whole)
    expect(describedAll(await decodeStateDict(askew))).toEqual(truth('types.pth'))
    const buffer = Buffer.concat([Buffer.from([0]), whole]).subarray(1)
    expect(describedAll(await decodeStateDict(buffer))).toEqual(truth('types.pth'))
  })
})

describe('refused, with nothing run', () => {
  it('a pickle that calls os.system', async () => {
    const call = () => decodeStateDict(file('refused/runs-a-command.pth'))
    expect(await refusal('UNSAFE_FILE', call)).toMatch(/asks for (posix|nt)\.system/)
  })

  it('a whole module instead of its state dict', async () => {
    const call = () => decodeStateDict(file('refused/whole-module.pth'))
    expect(await refusal('UNSAFE_FILE', call)).toContain('torch.nn.modules.linear.Linear')
  })

  it('the format before zip', async () => {
    const call = () => decodeStateDict(file('refused/legacy.pth'))
    expect(await refusal('UNSUPPORTED', call)).toContain('before 1.6')
  })

  it('TorchScript', async () => {
    const call = () => decodeStateDict(file('refused/scripted.pt'))
    expect(await refusal('UNSUPPORTED', call)).toContain('TorchScript')
  })
})

describe('a safetensors file written by hand in Python', () => {
  it('every tensor bit for bit, in order, and the metadata', () => {
    const { tensors, metadata } = decodeSafetensors(file('mixed.safetensors'))
    expect(describedAll(tensors)).toEqual(truth('mixed.safetensors'))
    expect(metadata).toEqual({ format: 'pt', note: 'größer als 0' })
  })
})
