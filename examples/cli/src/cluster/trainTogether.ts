import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CheckpointStore,
  type EpochEnd,
  type TrainEvent,
  type TrainResult,
  trainDataParallel,
} from '@nebulift/distributed'
import {
  checkpointFolder,
  type GroupOptions,
  type OpenGroup,
  openGroup,
} from '@nebulift/distributed/node'
import { type FitSteps, openFit, type TrainingLog, trainingLog } from '@nebulift/model/node'
import { writeAtomic } from '../files/atomic.ts'
import {
  type ClassifierTraining,
  prepareTraining,
  type TrainClassifierOptions,
  type TrainedClassifier,
} from '../learning/trainClassifier.ts'
import { classifierReplica } from './replica.ts'

/** How one process trains among others. All but `group` and `threads` must be the same for all of them. */
export interface TrainTogetherOptions extends TrainClassifierOptions {
  readonly group: Omit<GroupOptions, 'layout' | 'say'>
  /** What gradients travel as. Default `float32`. */
  readonly wire?: 'float32' | 'bf16'
  /** Steps that each process makes alone before the mean of all weights is taken; default every step is in common. */
  readonly localSteps?: number
  /** For metrics. */
  readonly onClusterEvent?: (event: TrainEvent) => void
  /** Told what the process waits for and what went wrong, a line each. */
  readonly say?: (message: string) => void
  /** With index 0: given the model, to be kept for good before this process leaves. */
  readonly keep: (trained: TrainedClassifier) => Promise<void>
}

/** How one process's training ended. */
export type Outcome = 'finished' | 'interrupted' | 'finished before'

/** Trains one classifier together with the other processes of a group; returns when all are done. */
export async function trainTogether(
  dataset: string,
  options: TrainTogetherOptions,
): Promise<Outcome> {
  const leads = options.group.place.index === 0
  if (leads) await mkdir(options.folder, { recursive: true })
  const log = leads ? trainingLog(options.folder) : undefined
  const prepared = await prepareTraining(dataset, {
    ...options,
    onEvent: (event) => {
      log?.append(event)
      if (leads) options.onEvent?.(event)
    },
  })
  const mark = join(options.folder, 'finished.json')
  const settings = JSON.stringify(prepared.fitOptions.settings)
  let training: Training
  try {
    // Where the folder is shared, or the model is there already, nobody needs to be asked.
    if ((await readFile(mark, 'utf8').catch(() => '')) === settings) return 'finished before'
    training = await train(prepared, { ...options, log })
  } finally {
    await prepared.trainer.close()
  }
  const { group, outcome, trained } = training
  try {
    if (outcome === 'interrupted') return outcome
    if (trained) {
      await options.keep(trained)
      await writeAtomic(mark, settings)
    }
    await leave(group, leads ? options.signal : undefined)
    return outcome
  } finally {
    await group.close()
  }
}

interface Training {
  /** Still open: whoever comes late hears from it that all is over. */
  readonly group: OpenGroup
  readonly outcome: Outcome
  /** With index 0, unless it was interrupted. */
  readonly trained?: TrainedClassifier
}

interface TogetherOptions extends TrainTogetherOptions {
  readonly log: TrainingLog | undefined
}

async function train(
  { trainer, fitOptions, finish }: ClassifierTraining,
  options: TogetherOptions,
): Promise<Training> {
  const { folder, log, say } = options
  const opened = await openFit(trainer, fitOptions)
  try {
    const { steps } = opened
    const replica = classifierReplica(steps, folder)
    const checkpoints = log && checkpointFolder(folder, say ? { say } : {})
    await log?.cut((await checkpoints?.latest())?.step ?? 0)
    const group = await openGroup({
      ...options.group,
      layout: replica.layout,
      ...(say && { say }),
    })
    try {
      const reason = await trainInGroup({ group, steps, replica, checkpoints }, options)
      const outcome = reason === 'interrupted' ? 'interrupted' : 'finished'
      if (!log || reason === 'missed') return { group, outcome }
      const result = await steps.result(reasons[reason])
      log.flush()
      return { group, outcome, ...(outcome === 'finished' && { trained: finish(result) }) }
    } catch (error) {
      await group.close()
      throw error
    }
  } finally {
    await opened.close()
  }
}

const reasons = {
  finished: 'finished',
  stopped: 'stopped-early',
  interrupted: 'interrupted',
} as const

interface Parts {
  readonly group: OpenGroup
  readonly steps: FitSteps
  readonly replica: ReturnType<typeof classifierReplica>
  readonly checkpoints: CheckpointStore | undefined
}

async function trainInGroup(
  { group, steps, replica, checkpoints }: Parts,
  options: TogetherOptions,
): Promise<TrainResult['reason']> {
  const { epochs, wire, localSteps, signal, say } = options
  let begun = false
  const onEvent = (event: TrainEvent) => {
    options.onClusterEvent?.(event)
    if (event.kind === 'meeting') {
      if (event.generation > 1) say?.(meetingText(event))
      if (!begun) steps.begin(event.step)
      begun = true
    } else if (event.kind === 'step') {
      const { loss, right = 0 } = event.numbers
      // A process without a pass of its own that steps alone has nothing to tell.
      if (loss !== undefined) steps.note(event.step - 1, { loss, right: right * steps.passes })
    }
  }
  const run = () =>
    trainDataParallel({
      ...{ group, replica, data: steps, epochs, onEvent },
      afterEpoch: (end) => afterEpoch(steps, end),
      ...(wire && { wire }),
      ...(localSteps !== undefined && {
        localSteps: { every: localSteps, after: steps.stepsPerEpoch },
      }),
      ...(checkpoints && { checkpoints }),
      ...(signal && { signal }),
      ...(say && { say }),
    })
  let { reason } = await run()
  while (reason === 'interrupted' && !signal?.aborted) {
    say?.('another process was told to stop; this one goes on with whoever takes its place')
    reason = (await run()).reason
  }
  if (reason === 'missed') say?.('the others had made all steps when this process came')
  return reason
}

/** Index 0 may stay for a while, for those who take the place of lost ones; the signal ends that. */
async function leave(group: OpenGroup, signal: AbortSignal | undefined): Promise<void> {
  const stop = () => void group.close()
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  await group.leave()
  signal?.removeEventListener('abort', stop)
}

function meetingText({ generation, world, step }: Extract<TrainEvent, { kind: 'meeting' }>) {
  const who = world === 1 ? '1 process goes' : `${world} processes go`
  return `meeting ${generation}: ${who} on after step ${step}`
}

/** Each process judges its share of the held-out examples, and all hear of all. */
async function afterEpoch(steps: FitSteps, { epoch, collective }: EpochEnd) {
  const { rank, world } = collective
  const count = steps.validationExamples
  const rows = {
    from: Math.floor((rank * count) / world),
    to: Math.floor(((rank + 1) * count) / world),
  }
  const own = rows.to > rows.from ? await steps.validate(rows) : new Float32Array()
  const all = await collective.allGather(new Uint8Array(own.buffer, own.byteOffset, own.byteLength))
  const logits = new Float32Array(await new Blob(all as Uint8Array<ArrayBuffer>[]).arrayBuffer())
  await steps.judge(epoch, logits)
  return { stop: steps.stopped }
}
