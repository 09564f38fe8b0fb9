import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { analyzeFiles, type ManifestFrame } from 'nebulift'
import { beforeAll, describe, expect, it } from 'vitest'

// The classifier that comes along, on real frames: it has learned from simulated ones alone.
const data = new URL('../../../shared/data/subframes/', import.meta.url).pathname
const present = existsSync(data)
if (!present) process.stdout.write('tests/real: the folder with real frames is absent; skipped\n')
const model = fileURLToPath(new URL('../../examples/cli/model/frames.int8.onnx', import.meta.url))

// Frames that the data's notes call good, each folder judged together as `nebulift batch` does.
const good = [
  'cminsky_20181012_clouds/lux-180s-15.fit',
  'cminsky_20181012_clouds/lux-180s-17.fit',
  'cminsky_20181017_good/a-240s-19.fit',
  'cminsky_20181017_good/a-240s-32.fit',
  'exotic_hatp32/HATP-32171220045715.FITS',
]
const clouded = [23, 35, 36].map((n) => `cminsky_20181012_clouds/lux-180s-${n}.fit`)
const others = ['cminsky_20181017_good/a-240s-20.fit']

describe.skipIf(!present)('prefilter and model together', () => {
  let frames: Map<string, ManifestFrame>
  beforeAll(async () => {
    const names = [...good, ...clouded, ...others]
    const judged = await analyzeFiles(
      names.map((name) => join(data, name)),
      { model },
    )
    frames = new Map(judged.map((frame) => [frame.file.slice(data.length), frame]))
  })

  it.each(good)('%s is not rejected', (name) => {
    expect(frames.get(name)?.probability).toBeGreaterThan(0)
    expect(frames.get(name)?.action).not.toBe('reject')
  })

  it.each(good.slice(0, 2))('%s is kept', (name) => {
    expect(frames.get(name)).toMatchObject({ verdict: 'clean', action: 'keep' })
  })

  it.each(clouded)('%s is rejected', (name) => {
    expect(frames.get(name)?.action).toBe('reject')
  })
})
