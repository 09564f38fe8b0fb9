import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CauseKind } from '@nebulift/prefilter'
import { describe, expect, it } from 'vitest'
import { labelByScore, labelByTruth, personsLabel, readLabels } from '../../src/dataset/labels.ts'
import type { ManifestFrame } from '../../src/output/manifest.ts'
import { temporaryFolder } from '../helpers.ts'

const cause = (kind: CauseKind, severity: number) => ({ kind, severity, evidence: {} })
const frame = (changes: object = {}) =>
  ({
    ...{ file: 'a.fits', verdict: 'clean', action: 'keep', score: 0.9, causes: [] },
    ...changes,
  }) as unknown as ManifestFrame

const reviewed = (changes: object = {}) => ({
  ...{ verdict: 'clean', action: 'keep', by: 'person', at: '2026-03-14T20:00:00.000Z' },
  ...changes,
})

const trailed = { verdict: 'contaminated', action: 'mask', causes: [cause('satellite', 0.2)] }
const clouded = { verdict: 'contaminated', action: 'reject', causes: [cause('cloud', 0.9)] }

describe('labelByScore', () => {
  it.each<[string, object, string]>([
    ['a good frame is clean', { score: 0.7 }, 'clean'],
    ['a frame with a masked trail is contaminated, whatever its score', trailed, 'contaminated'],
    [
      'a clouded frame with a low score is contaminated',
      { ...clouded, score: 0.2 },
      'contaminated',
    ],
    ['a rejected frame that scores between is looked at', { ...clouded, score: 0.4 }, 'review'],
    ['moonlight takes score, not the label', { score: 0.1 }, 'review'],
    ['doubt is looked at', { verdict: 'review', action: 'review', score: 0.8 }, 'review'],
  ])('%s', (_, changes, label) => {
    expect(labelByScore(frame(changes))).toBe(label)
  })

  it('takes other thresholds', () => {
    expect(labelByScore(frame({ score: 0.6 }), { cleanThreshold: 0.5 })).toBe('clean')
    const strict = { contaminatedThreshold: 0.5 }
    expect(labelByScore(frame({ ...clouded, score: 0.45 }), strict)).toBe('contaminated')
  })
})

describe('labelByTruth', () => {
  it('leaves aside what is neither clean nor flawed enough', () => {
    expect(labelByTruth({ clean: true, labels: [] })).toBe('clean')
    expect(labelByTruth({ clean: false, labels: ['cloud'] })).toBe('contaminated')
    expect(labelByTruth({ clean: false, labels: [] })).toBe('review')
  })
})

describe('personsLabel', () => {
  it.each<[string, object, string | undefined]>([
    ['nothing in what nebulift wrote', {}, undefined],
    ['nothing in a masked frame', trailed, undefined],
    ['nothing in a trail that asks for a look', { ...trailed, action: 'review' }, undefined],
    ['a label', { label: 'contaminated' }, 'contaminated'],
    ['a verdict said to be corrected', { corrected: true }, 'clean'],
    ['a verdict confirmed in a review', { corrected: reviewed() }, 'clean'],
    ['nothing in a correction it cannot read', { corrected: { verdict: 'odd' } }, undefined],
    ['a rejected frame called clean', { ...clouded, verdict: 'clean' }, 'clean'],
    ['a kept frame called contaminated', { verdict: 'contaminated' }, 'contaminated'],
    [
      'a doubtful frame called contaminated',
      { verdict: 'contaminated', action: 'review', causes: [cause('cloud', 0.4)] },
      'contaminated',
    ],
  ])('sees %s', (_, changes, label) => {
    expect(personsLabel(frame(changes))).toBe(label)
  })
})

describe('readLabels', () => {
  const write = (content: unknown) => {
    const path = join(temporaryFolder(), 'labels.json')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }

  it("takes a person's words from a manifest, and the flaws with them", async () => {
    const frames = [frame(), { ...frame(clouded), file: 'b.fits', corrected: true }]
    const labels = await readLabels(write({ schema: 'nebulift.manifest/1', frames }))
    expect([...labels]).toEqual([
      ['b.fits', { label: 'contaminated', labelledBy: 'person', flaws: ['cloud'] }],
    ])
  })

  it('takes the causes that a person named instead of those found', async () => {
    const corrected = reviewed({ ...clouded, causes: ['defocus'] })
    const frames = [{ ...frame(clouded), corrected }]
    const labels = await readLabels(write({ schema: 'nebulift.manifest/1', frames }))
    expect(labels.get('a.fits')?.flaws).toEqual(['defocus'])
  })

  it('takes every frame from a truth file', async () => {
    const frames = [{ file: 'a.fits', truth: { clean: true, labels: [] } }]
    const labels = await readLabels(write({ schema: 'nebulift.truth/1', frames }))
    expect(labels.get('a.fits')).toEqual({ label: 'clean', labelledBy: 'truth', flaws: [] })
  })

  it.each<[unknown, string]>([
    ['{', 'is no JSON'],
    [{ schema: 'x', frames: [] }, 'has schema x, wanted nebulift.manifest/1 or nebulift.truth/1'],
  ])('refuses %j', async (content, message) => {
    await expect(readLabels(write(content))).rejects.toThrow(message)
  })
})
