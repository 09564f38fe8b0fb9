import { describe, expect, it } from 'vitest'
import type { StepEvent } from '../src/dataParallel/events.ts'
import { metricsText, trainMetrics } from '../src/metrics.ts'

const step = (changes: Partial<StepEvent> = {}): StepEvent => ({
  ...{ kind: 'step', epoch: 2, step: 41, numbers: { loss: 0.25, right: 3 } },
  ...{ stepMs: 700, dataMs: 50, computeMs: 500, communicateMs: 150, allReduceMs: 300 },
  ...{ sentBytes: 1000, receivedBytes: 900, examples: 64, ownExamples: 32 },
  ...{ examplesPerSecond: 91, rank: 1, world: 2, generation: 3 },
  ...changes,
})

/** The text format read back as its specification says: families by name, samples by name and labels. */
function parse(text: string) {
  const types = new Map<string, string>()
  const samples = new Map<string, number>()
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (type) {
      expect(types.has(type[1]!)).toBe(false)
      types.set(type[1]!, type[2]!)
    } else if (!/^# HELP [a-zA-Z_:][\w:]* [^\\]+$/.test(line)) {
      const sample = /^([a-zA-Z_:][\w:]*)\{((?:\w+="[^"\\\n]*",?)*)\} (\S+)$/.exec(line)
      expect(sample, line).not.toBeNull()
      const [, name, labels, value] = sample!
      const family = [name!, name!.replace(/_(bucket|sum|count)$/, '')].find((n) => types.has(n))
      expect(family, line).toBeDefined()
      expect(samples.has(`${name}{${labels}}`)).toBe(false)
      samples.set(`${name}{${labels}}`, Number(value!.replace('Inf', 'Infinity')))
    }
  }
  return { types, samples }
}

describe('metricsText', () => {
  it('tells what the steps add up to', () => {
    const metrics = trainMetrics()
    metrics.observe(step())
    metrics.observe(step({ step: 42, computeMs: 400, allReduceMs: 20_000 }))
    metrics.observe({ kind: 'checkpoint', step: 42, bytes: 90, checkpointMs: 1500 })
    const { types, samples } = parse(metricsText(metrics))
    expect(Object.fromEntries(types)).toMatchObject({
      nebulift_step_seconds: 'gauge',
      nebulift_allreduce_seconds: 'histogram',
      nebulift_samples_total: 'counter',
    })
    expect(Object.fromEntries(samples)).toMatchObject({
      'nebulift_step_seconds{rank="1",phase="compute"}': 0.4,
      'nebulift_step_seconds{rank="1",phase="comm"}': 0.15,
      'nebulift_step_seconds{rank="1",phase="data"}': 0.05,
      'nebulift_phase_seconds_total{rank="1",phase="compute"}': 0.9,
      'nebulift_steps_total{rank="1"}': 2,
      'nebulift_samples_total{rank="1"}': 64,
      'nebulift_ring_bytes_total{rank="1",direction="sent"}': 2000,
      'nebulift_ring_bytes_total{rank="1",direction="received"}': 1800,
      'nebulift_loss{rank="1"}': 0.25,
      'nebulift_generation{rank="1"}': 3,
      'nebulift_world_size{rank="1"}': 2,
      'nebulift_step{rank="1"}': 42,
      'nebulift_epoch{rank="1"}': 2,
      'nebulift_checkpoint_seconds{rank="1"}': 1.5,
      'nebulift_checkpoints_total{rank="1"}': 1,
      'nebulift_allreduce_seconds_bucket{rank="1",le="0.25"}': 0,
      'nebulift_allreduce_seconds_bucket{rank="1",le="0.5"}': 1,
      'nebulift_allreduce_seconds_bucket{rank="1",le="10"}': 1,
      'nebulift_allreduce_seconds_bucket{rank="1",le="+Inf"}': 2,
      'nebulift_allreduce_seconds_sum{rank="1"}': 20.3,
      'nebulift_allreduce_seconds_count{rank="1"}': 2,
    })
  })

  it('is well formed before the first step, and tells no loss that is not there', () => {
    const metrics = trainMetrics()
    const empty = parse(metricsText(metrics))
    expect([...empty.samples.keys()].filter((name) => name.includes('loss'))).toEqual([])
    metrics.observe({
      ...{ kind: 'meeting', generation: 4, rank: 2, world: 5, source: 0, step: 7, meetingMs: 3 },
    })
    expect(parse(metricsText(metrics)).samples.get('nebulift_world_size{rank="2"}')).toBe(5)
  })

  it('writes numbers that are not finite as Prometheus does', () => {
    const metrics = trainMetrics()
    metrics.observe(step({ numbers: { loss: Number.NaN } }))
    expect(metricsText(metrics)).toContain('nebulift_loss{rank="1"} NaN\n')
    metrics.observe(step({ numbers: { loss: Number.NEGATIVE_INFINITY } }))
    expect(metricsText(metrics)).toContain('nebulift_loss{rank="1"} -Inf\n')
  })
})
