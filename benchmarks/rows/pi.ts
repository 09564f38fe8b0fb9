import { join } from 'node:path'
import { judgeFile } from 'nebulift'
import { installedTorch } from '../environment.ts'
import { framePath, megapixels } from '../frames.ts'
import { inProcess, race, type Timing } from '../harness.ts'
import { classifierFiles, workload } from '../models.ts'
import { runNode } from '../nebulift.ts'
import { condition } from '../thermal.ts'
import { raceInference } from './model_inference.ts'
import { megabytes, trainingPeakBytes } from './model_size.ts'
import type { Outcome, Row } from './row.ts'
import { raceTraining } from './train_step.ts'

const widths = [1, 0.25]
const memoryChild = join(import.meta.dirname, 'memory_child.ts')

/** A row that says before and after how fast the processor was allowed to run. */
function piRow(name: string, run: Row['run']): Row {
  return {
    name,
    onRequest: true,
    async run(plan): Promise<Outcome> {
      const before = condition()
      const outcome = await run(plan)
      const after = condition()
      const heat = before && after ? [`${name}: before ${before}; after ${after}`] : []
      return { ...outcome, notes: [...(outcome.notes ?? []), ...heat] }
    },
  }
}

const training = piRow('pi: training', async ({ quick, say }) => {
  const layouts = installedTorch() === undefined ? [] : (['default'] as const)
  const timings: Timing[] = []
  for (const width of widths) {
    for (const batch of [8, 16]) {
      say(`  width ${width}, batch ${batch}`)
      const row = `training, width ${width}, batch ${batch}`
      const work = workload({ width, batch })
      const rounds = quick ? 2 : 5
      timings.push(...(await raceTraining({ row, work, layouts, portable: true, rounds })))
    }
  }
  const hasBlocks = timings.some(({ contender }) => contender === 'nebulift, fast')
  const blocks = 'the runtime has no blocks of channels here: no fast graph'
  return { timings, notes: hasBlocks ? [] : [blocks] }
})

const inference = piRow('pi: inference', async ({ quick, say }) => {
  const torch = installedTorch() === undefined ? [] : (['predict'] as const)
  const timings: Timing[] = []
  for (const width of widths) {
    const files = await classifierFiles(workload({ width }))
    for (const batch of [1, 16]) {
      say(`  width ${width}, batch ${batch}`)
      const row = `inference, width ${width}, batch ${batch}`
      const work = workload({ width, batch })
      const rounds = (quick ? 2 : 7) * (batch === 1 ? 3 : 1)
      timings.push(
        ...(await raceInference({ row, work, torch, files, split: batch > 1, rounds, inARow: 2 })),
      )
    }
  }
  return { timings }
})

const frames = piRow('pi: frames', async ({ quick, say }) => {
  const path = await framePath(say)
  const ours = inProcess('nebulift', async () => (await judgeFile(path)).measurement)
  const row = `judge ${megapixels.toFixed(0)} Mpx`
  const work = { work: 1, unit: 'frames', rounds: quick ? 2 : 7 }
  return { timings: await race(row, [ours], work) }
})

const memory = piRow('pi: memory', async ({ say }) => {
  const notes: string[] = []
  for (const width of widths) {
    for (const graph of ['fast', 'portable'] as const) {
      const peak = await trainingPeakBytes({ work: workload({ width, batch: 16 }), graph })
      notes.push(`peak of training, width ${width}, batch 16, ${graph}: ${megabytes(peak)}`)
    }
  }
  const judging = Number(await runNode([memoryChild, await framePath(say)]))
  notes.push(`peak of judging a ${megapixels.toFixed(0)}-Mpx frame: ${megabytes(judging)}`)
  return { timings: [], notes }
})

/** Figures of a small board, each by itself; a Raspberry Pi 5 first of all. */
export const piRows: readonly Row[] = [training, inference, frames, memory]
