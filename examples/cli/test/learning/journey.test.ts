import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeModel } from '@nebulift/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { simulateDataset } from '../../src/dataset/simulateDataset.ts'
import type { Manifest } from '../../src/output/manifest.ts'
import { simulateNight } from '../../src/simulation/simulateNight.ts'
import { nebulift } from '../helpers.ts'

/** The whole road on tiny nights: enough to see that every part joins, not to learn the sky. */
describe('from frames to a model and back', () => {
  let root: string
  const at = (...names: string[]) => join(root, ...names)
  const model = () => at('tiny.onnx')

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'nebulift-learning-'))
    await simulateDataset(at('set'), { nights: 8, frames: 8, seed: 5, width: 192, height: 160 })
    await simulateNight(at('night'), { frames: 10, seed: 3, width: 256, height: 192 })
    const trained = await train()
    expect(trained).toMatchObject({ code: 0 })
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const train = (...more: string[]) =>
    nebulift([
      ...['train', at('set'), '--model-output', model(), '--epochs', '2', '--batch', '8'],
      ...['--seed', '1', ...more],
    ])

  it('train writes a model, an int8 one, a card, curves and checkpoints', () => {
    expect(
      readdirSync(root)
        .filter((name) => name.startsWith('tiny'))
        .sort(),
    ).toEqual([
      'tiny.card.md',
      'tiny.int8.onnx',
      'tiny.onnx',
      'tiny.training',
      'tiny.training.html',
    ])
    const description = describeModel(readFileSync(model()))
    expect(description.classes).toEqual(['clean', 'contaminated'])
    expect(description.evidence).toContain('fwhm')
    expect(describeModel(readFileSync(at('tiny.int8.onnx'))).quantization?.method).toBe('min-max')
    const card = readFileSync(at('tiny.card.md'), 'utf8')
    for (const word of ['## Data', '## Test', '| combined |', '## Limits', 'simulated']) {
      expect(card).toContain(word)
    }
    expect(readFileSync(at('tiny.training.html'), 'utf8')).toContain('<svg')
  })

  it('a training that is over is not made again, and ends in the same bytes', async () => {
    const before = readFileSync(model())
    const { code, err } = await train()
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(err).toMatch(/going on after step \d+/)
    expect(readFileSync(model()).equals(before)).toBe(true)
  })

  it('other settings over the same training are refused', async () => {
    const { code, err } = await train('--rate', '0.5')
    expect(code).toBe(1)
    expect(err).toContain('holds a training with other settings')
  })

  it('evaluate puts three judges side by side', async () => {
    const { code, out } = await nebulift([
      'evaluate',
      model(),
      at('set'),
      '--split',
      'all',
      '--json',
    ])
    expect(code).toBe(0)
    const found = JSON.parse(out)
    expect(found.judges.map(({ judge }: { judge: string }) => judge)).toEqual([
      'prefilter',
      'model',
      'combined',
    ])
    expect(found.examples).toBeGreaterThan(20)
    const text = await nebulift(['evaluate', model(), at('set'), '--split', 'all'])
    expect(text.out).toContain('calibration error')
  })

  it('quantize reports what int8 costs and gains', async () => {
    const output = at('again.onnx')
    const { code, out } = await nebulift(['quantize', model(), at('set'), '-o', output, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ written: 'int8', sameClass: expect.any(Number) })
    expect(readFileSync(output).length).toBeLessThan(0.5 * readFileSync(model()).length)
  })

  it('predict says how probably each frame is clean', async () => {
    const files = readdirSync(at('night'))
      .filter((name) => name.endsWith('.fits'))
      .map((name) => at('night', name))
    const { code, out } = await nebulift(['predict', model(), ...files, '--json'])
    expect(code).toBe(0)
    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(files.length)
    for (const { clean } of rows) {
      expect(clean).toBeGreaterThanOrEqual(0)
      expect(clean).toBeLessThanOrEqual(1)
    }
  })

  it('batch joins the model’s opinion and says who decided; --no-model does not', async () => {
    const batch = async (out: string, ...more: string[]) => {
      const { code } = await nebulift(['batch', at('night'), at(out), ...more])
      expect(code).toBe(0)
      return JSON.parse(readFileSync(at(out, 'manifest.json'), 'utf8')) as Manifest
    }
    const joined = await batch('with', '--model', model())
    expect(joined.frames.every(({ probability }) => probability !== undefined)).toBe(true)
    expect(joined.frames.every(({ decidedBy }) => decidedBy !== undefined)).toBe(true)
    const alone = await batch('without', '--no-model')
    expect(alone.frames.every(({ probability }) => probability === undefined)).toBe(true)
    // Measured before without pictures, they are rendered when a model asks for them.
    const again = await batch('without', '--model', model())
    expect(again.frames.map(({ probability }) => probability)).toEqual(
      joined.frames.map(({ probability }) => probability),
    )
  })

  it('train-from-fits goes the whole way, with a simulation’s truth as labels', async () => {
    const { code, out } = await nebulift([
      ...[
        'train-from-fits',
        at('night'),
        '--dataset-dir',
        at('built'),
        '--model-output',
        at('f.onnx'),
      ],
      ...['--labels', at('night', 'truth.json'), '--epochs', '1', '--batch', '2'],
    ])
    expect(code).toBe(0)
    // One night alone is cut into stretches, and the card says what that means.
    expect(out).toContain('frames of one night are on both sides')
  })

  it('a foreign or damaged model gives one line', async () => {
    writeFileSync(at('foreign.onnx'), 'not a model')
    const { code, err } = await nebulift(['predict', at('foreign.onnx'), at('night', 'truth.json')])
    expect(code).toBe(1)
    expect(err.trim().split('\n')).toHaveLength(1)
    const missing = await nebulift(['evaluate', at('none.onnx'), at('set')])
    expect(missing.code).toBe(1)
    expect(missing.err).toContain('none.onnx')
  })
})
