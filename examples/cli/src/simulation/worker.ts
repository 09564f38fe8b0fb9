import { writeFits } from '@nebulift/fits/node'
import { type FrameSpec, type FrameTruth, simulateFrame } from '@nebulift/simulator'
import { answerTasks } from '../night/workerAnswer.ts'

/** One frame to be simulated and written. */
export interface SimulateTask {
  readonly spec: FrameSpec
  readonly path: string
}

answerTasks(async ({ spec, path }: SimulateTask): Promise<FrameTruth> => {
  const { plane, truth, header } = simulateFrame(spec)
  const { width, height } = plane
  await writeFits(path, [
    { data: Uint16Array.from(plane.data), width, height, header: Object.entries(header) },
  ])
  return truth
})
