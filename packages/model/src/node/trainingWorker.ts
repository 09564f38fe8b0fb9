import { workerData } from 'node:worker_threads'
import { probeBlocks } from '../lower/probe.ts'
import type { TensorMap } from '../tensor.ts'
import type { Arrays } from '../train/arrays.ts'
import {
  type CompiledGraph,
  type ParameterLayout,
  TrainingCore,
  type TrainingState,
} from '../train/core.ts'
import { makeOptimizer, type OptimizerSpec } from '../train/optimizerSpec.ts'
import { serveMethods } from './remote.ts'
import { openSession } from './session.ts'

/** What a training thread is told at its start. */
export interface TrainingThread {
  readonly optimizer: OptimizerSpec
  readonly threads: number | undefined
}

const { optimizer, threads } = workerData as TrainingThread
const open = (model: Uint8Array) =>
  openSession(model, { flushTiny: true, ...(threads !== undefined && { threads }) })
let core: TrainingCore

serveMethods({
  probe: () =>
    probeBlocks(async (model, feeds) => {
      const session = await open(model)
      const results = await session.run(feeds)
      await session.close()
      return results
    }),
  begin: (layout: ParameterLayout) => {
    core = new TrainingCore({ open, optimizer: makeOptimizer(optimizer), layout })
  },
  addGraph: (key: string, graph: CompiledGraph) => core.addGraph(key, graph),
  restore: (state: TrainingState) => core.restore(state),
  snapshot: () => core.snapshot(),
  gradients: (key: string, feeds: TensorMap) => core.gradients(key, feeds),
  gradientPart: (key: string, feeds?: TensorMap) => core.gradientPart(key, feeds),
  update: (gradients: Arrays, rate: number) => core.update(gradients, rate),
  step: async (key: string, feeds: TensorMap, rate: number) => {
    const { loss, logits, gradients } = await core.gradients(key, feeds)
    core.update(gradients, rate)
    return { loss, logits }
  },
  predict: (key: string, feeds: TensorMap) => core.predict(key, feeds),
  close: () => core.close(),
})
