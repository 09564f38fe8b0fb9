import { describe, expect, it } from 'vitest'
import { parseTrainingLog } from '../../src/train/events.ts'
import { sampleLog } from './sampleLog.ts'

describe('parseTrainingLog', () => {
  it('reads a log back, without the line a crash cut short', () => {
    const log = sampleLog({ epochs: 2, stepsPerEpoch: 3, until: 2 })
    const text = log.map((event) => JSON.stringify(event)).join('\n')
    expect(parseTrainingLog(`${text}\n`)).toEqual(log)
    expect(parseTrainingLog(text.slice(0, -5))).toEqual(log.slice(0, -1))
    expect(parseTrainingLog('\nnull\n3\n{"a":1}')).toEqual([])
  })
})
