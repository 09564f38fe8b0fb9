import type { DoneEvent, EpochEvent, StartEvent, StepEvent, TrainingEvent } from '../events.ts'

/** A log in order: what was repeated after an interruption counts once. */
export interface TrainingSummary {
  readonly start: StartEvent | undefined
  readonly steps: readonly StepEvent[]
  readonly epochs: readonly EpochEvent[]
  readonly done: DoneEvent | undefined
  readonly problems: readonly string[]
  /** The last epoch that was the best when it ended. */
  readonly best: EpochEvent | undefined
  /** Time at work in milliseconds, without the pauses between interruptions and resumptions. */
  readonly workedMs: number
  readonly resumptions: number
}

/** Puts a log in order. */
export function summarize(log: readonly TrainingEvent[]): TrainingSummary {
  const of = <K extends TrainingEvent['kind']>(kind: K) =>
    log.filter((event): event is Extract<TrainingEvent, { kind: K }> => event.kind === kind)
  const starts = of('start')
  const epochs = lastOfEach(of('epoch'), ({ epoch }) => epoch)
  const last = log.at(-1)
  return {
    start: starts.at(-1),
    steps: lastOfEach(of('step'), ({ step }) => step),
    epochs,
    // A training that went on after it had ended is not done.
    done: last?.kind === 'done' ? last : undefined,
    problems: of('problem').map(({ message }) => message),
    best: epochs.filter(({ best }) => best).at(-1),
    workedMs: workedMs(log),
    resumptions: starts.filter(({ resumedAt }) => resumedAt).length,
  }
}

function lastOfEach<E>(events: readonly E[], key: (event: E) => number): readonly E[] {
  return [...new Map(events.map((event) => [key(event), event]))]
    .sort(([a], [b]) => a - b)
    .map(([, event]) => event)
}

function workedMs(log: readonly TrainingEvent[]): number {
  let sum = 0
  for (let i = 1; i < log.length; i++) {
    if (log[i].kind !== 'start') sum += Math.max(0, log[i].timeMs - log[i - 1].timeMs)
  }
  return sum
}

/** At most `most` points: means of equally many neighbours, so that a curve of 100 000 steps stays light. */
export function thinned(
  points: readonly (readonly [number, number])[],
  most: number,
): readonly (readonly [number, number])[] {
  const group = Math.ceil(points.length / most)
  if (group <= 1) return points
  return Array.from({ length: Math.ceil(points.length / group) }, (_, i) => {
    const own = points.slice(i * group, (i + 1) * group)
    const mean = (axis: 0 | 1) => own.reduce((sum, point) => sum + point[axis], 0) / own.length
    return [mean(0), mean(1)] as const
  })
}
