import type { StepEvent, TrainEvent } from './dataParallel/events.ts'

/** What a training's events add up to. */
export interface TrainMetrics {
  /** Takes an event in: what `trainDataParallel` is given as `onEvent`. */
  readonly observe: (event: TrainEvent) => void
  readonly step: StepEvent | undefined
  readonly generation: number
  readonly rank: number
  readonly world: number
  /** Of all steps that this process has seen. */
  readonly steps: number
  /** Those of this rank's own passes. */
  readonly samples: number
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly seconds: Readonly<Record<Phase, number>>
  /** How many all-reduce times were at most each bound of `allReduceBounds`. */
  readonly allReduceAtMost: readonly number[]
  readonly allReduceSeconds: number
  readonly checkpoints: number
  /** Of the last checkpoint. */
  readonly checkpointSeconds: number
}

/** What a step's time is spent on. */
export type Phase = 'compute' | 'comm' | 'data'

const phases: readonly Phase[] = ['compute', 'comm', 'data']

/** Upper bounds of the histogram of all-reduce times, in seconds. */
const allReduceBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Counts the events of a training, for `metricsText`. */
export function trainMetrics(): TrainMetrics {
  const atMost = allReduceBounds.map(() => 0)
  const seconds = { compute: 0, comm: 0, data: 0 }
  const metrics: Writable<TrainMetrics> = {
    ...{ step: undefined, generation: 0, rank: 0, world: 0, steps: 0, samples: 0 },
    ...{ sentBytes: 0, receivedBytes: 0, seconds, allReduceAtMost: atMost, allReduceSeconds: 0 },
    ...{ checkpoints: 0, checkpointSeconds: 0 },
    observe: (event) => {
      if (event.kind === 'checkpoint') {
        metrics.checkpoints++
        metrics.checkpointSeconds = event.checkpointMs / 1000
        return
      }
      metrics.generation = event.generation
      metrics.rank = event.rank
      metrics.world = event.world
      if (event.kind === 'meeting') return
      const allReduceSeconds = event.allReduceMs / 1000
      metrics.step = event
      metrics.steps++
      metrics.samples += event.ownExamples
      metrics.sentBytes += event.sentBytes
      metrics.receivedBytes += event.receivedBytes
      metrics.allReduceSeconds += allReduceSeconds
      for (const [i, bound] of allReduceBounds.entries()) atMost[i] += +(allReduceSeconds <= bound)
      seconds.compute += event.computeMs / 1000
      seconds.comm += event.communicateMs / 1000
      seconds.data += event.dataMs / 1000
    },
  }
  return metrics
}

interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly suffix?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** Metrics in the text format of Prometheus, version 0.0.4, each with the rank that tells them. */
export function metricsText(metrics: TrainMetrics): string {
  const rank = { rank: String(metrics.rank) }
  return familiesOf(metrics)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(
        ({ suffix = '', labels, value }) =>
          `${name}${suffix}${labelsText({ ...rank, ...labels })} ${numberText(value)}`,
      ),
    ])
    .concat('')
    .join('\n')
}

function familiesOf(metrics: TrainMetrics): readonly Family[] {
  const { step, steps, samples, seconds } = metrics
  const last = { compute: step?.computeMs, comm: step?.communicateMs, data: step?.dataMs }
  return [
    gauge(
      'step_seconds',
      'Last step by what its time went on; comm is what computing did not hide.',
      phases.map((phase) => ({ labels: { phase }, value: (last[phase] ?? 0) / 1000 })),
    ),
    counter(
      'phase_seconds_total',
      'All steps by what their time went on.',
      phases.map((phase) => ({ labels: { phase }, value: seconds[phase] })),
    ),
    allReduce(metrics),
    counter('steps_total', 'Steps that this process has done.', [{ value: steps }]),
    counter('samples_total', 'Examples of the passes of this rank.', [{ value: samples }]),
    counter('ring_bytes_total', 'Bytes between this rank and its neighbours.', [
      { labels: { direction: 'sent' }, value: metrics.sentBytes },
      { labels: { direction: 'received' }, value: metrics.receivedBytes },
    ]),
    ...('loss' in (step?.numbers ?? {})
      ? [gauge('loss', 'Mean loss of the last step.', [{ value: step!.numbers.loss }])]
      : []),
    gauge('step', 'Steps of the training that are done.', [{ value: step?.step ?? 0 }]),
    gauge('epoch', 'Epoch of the last step, from 0.', [{ value: step?.epoch ?? 0 }]),
    gauge('generation', 'How often the ranks have met.', [{ value: metrics.generation }]),
    gauge('world_size', 'Ranks that compute together.', [{ value: metrics.world }]),
    gauge('checkpoint_seconds', 'Time to write the last checkpoint.', [
      { value: metrics.checkpointSeconds },
    ]),
    counter('checkpoints_total', 'Checkpoints written.', [{ value: metrics.checkpoints }]),
  ]
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `nebulift_${name}`, type: 'gauge', help, samples }
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `nebulift_${name}`, type: 'counter', help, samples }
}

function allReduce({ allReduceAtMost, allReduceSeconds, steps }: TrainMetrics): Family {
  const bucket = (le: string, value: number) => ({ suffix: '_bucket', labels: { le }, value })
  return {
    name: 'nebulift_allreduce_seconds',
    type: 'histogram',
    help: 'Time of each step in which sums were under way, hidden or not.',
    samples: [
      ...allReduceBounds.map((bound, i) => bucket(String(bound), allReduceAtMost[i])),
      bucket('+Inf', steps),
      { suffix: '_sum', value: allReduceSeconds },
      { suffix: '_count', value: steps },
    ],
  }
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`
}

const numberText = (value: number) =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
