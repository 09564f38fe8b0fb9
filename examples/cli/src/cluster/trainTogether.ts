import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EpochEnd, type TrainEvent, trainDataParallel } from '@nebulift/distributed'
import { checkpointFolder, type GroupOptions, openGroup } from '@nebulift/distributed/node'
import { type FitResult, type FitSteps, openFit, trainingLog } from '@nebulift/model/node'
import { writeAtomic } from '../files/atomic.ts'
import {
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
}

/** What one process's training came to; the process with index 0 has the model. */
export interface TrainedTogether {
  readonly outcome: 'finished' | 'interrupted' | 'finished before'
  readonly trained?: TrainedClassifier
  /** Tells processes that start from now on that all is done: to be called once the model is written. */
  markFinished?(): Promise<void>
}

/** Trains one classifier together with the other processes of a group; returns when all are done. */
export async function trainTogether(
  dataset: string,
  options: TrainTogetherOptions,
): Promise<TrainedTogether> {
  const { group: groupOptions, folder, say } = options
  const leads = groupOptions.place.index === 0
  if (leads) await mkdir(folder, { recursive: true })
  const log = leads ? trainingLog(folder) : undefined
  const prepared = await prepareTraining(dataset, {
    ...options,
    onEvent: (event) => {
      log?.append(event)
      if (leads) options.onEvent?.(event)
    },
  })
  try {
    const mark = join(folder, 'finished.json')
    const settings = JSON.stringify(prepared.fitOptions.settings)
    // A process that was lost when the others were about to leave would wait for them in vain.
    if ((await readFile(mark, 'utf8').catch(() => '')) === settings)
      return { outcome: 'finished before' }
    const opened = await openFit(prepared.trainer, prepared.fitOptions)
    try {
      const { steps } = opened
      const checkpoints = checkpointFolder(folder, say ? { say } : {})
      const latest = leads ? await checkpoints.latest() : undefined
      await log?.cut(latest?.step ?? 0)
      // Lost when all steps were made and the others had gone: what is left to do needs nobody else.
      const ended = latest ? await endOf(steps, latest, options) : undefined
      const reason =
        ended ?? (await trainInGroup(steps, { ...options, ...(leads && { checkpoints }) }))
      const outcome = reason === 'interrupted' ? 'interrupted' : 'finished'
      if (!leads) return { outcome }
      const result = await steps.result(reason)
      log?.flush()
      if (outcome === 'interrupted') return { outcome }
      const markFinished = () => writeAtomic(mark, settings)
      return { outcome, trained: prepared.finish(result), markFinished }
    } finally {
      await opened.close()
    }
  } finally {
    await prepared.trainer.close()
  }
}

const reasons = {
  finished: 'finished',
  stopped: 'stopped-early',
  interrupted: 'interrupted',
} as const

/** How a training ended whose last checkpoint this is, which is taken over; nothing where it has not ended. */
async function endOf(
  steps: FitSteps,
  latest: { readonly step: number; readonly state: Uint8Array },
  { epochs, folder }: TrainTogetherOptions,
): Promise<FitResult['reason'] | undefined> {
  await classifierReplica(steps, folder).restore(latest.state)
  if (latest.step >= epochs * steps.stepsPerEpoch) return 'finished'
  return steps.stopped ? 'stopped-early' : undefined
}

async function trainInGroup(
  steps: FitSteps,
  options: TrainTogetherOptions & { readonly checkpoints?: ReturnType<typeof checkpointFolder> },
): Promise<FitResult['reason']> {
  const { epochs, wire, localSteps, checkpoints, signal, say } = options
  const replica = classifierReplica(steps, options.folder)
  const group = await openGroup({
    ...options.group,
    layout: replica.layout,
    ...(say && { say }),
  })
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
  try {
    let { reason } = await run()
    while (reason === 'interrupted' && !signal?.aborted) {
      say?.('another process was told to stop; this one goes on with whoever takes its place')
      reason = (await run()).reason
    }
    // Whoever stops early is waited for, or for a process in its place.
    await (reason === 'interrupted' ? group.close() : group.leave())
    return reasons[reason]
  } catch (error) {
    await group.close()
    throw error
  }
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
