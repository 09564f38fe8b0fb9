import {
  assessFrames,
  type FrameMeasurement,
  frameContext,
  measureFrame,
} from '@nebulift/prefilter'
import { planNight, simulateFrame } from '@nebulift/simulator'
import { answerTasks } from '../night/workerAnswer.ts'
import { labelByTruth } from './labels.ts'
import { opinionOf, pictureBytes, roundedEvidence } from './picture.ts'
import { type Draft, type Part, writeExample } from './store.ts'

/** A night to be simulated, measured, labelled and written. */
export interface NightTask {
  /** Name of the night; its examples are called after it. */
  readonly key: string
  /** Folder of the data set. */
  readonly path: string
  readonly seed: number
  readonly frames: number
  readonly width: number
  readonly height: number
  /** Counts frames across all workers as they are finished. */
  readonly done: SharedArrayBuffer
}

type Simulated = Omit<Draft, 'evidence' | 'prefilter'>

answerTasks(async (task: NightTask): Promise<Part> => {
  const { key, path, seed, frames, width, height } = task
  const done = new Int32Array(task.done)
  const measurements: FrameMeasurement[] = []
  const simulated: Simulated[] = []
  for (const [index, spec] of planNight({ seed, frames, width, height }).entries()) {
    const { plane, truth, header } = simulateFrame(spec)
    measurements.push(
      measureFrame(
        plane,
        frameContext((keyword) => header[keyword], plane),
      ),
    )
    const id = `${key}-frame-${String(index + 1).padStart(4, '0')}`
    const label = labelByTruth(truth)
    const written = await writeExample(path, { id, label }, pictureBytes(plane))
    simulated.push({
      ...{ id, ...written, label, labelledBy: 'truth', flaws: truth.labels },
      ...{ session: key, night: key, origin: { kind: 'simulated', seed, index } },
    })
    Atomics.add(done, 0, 1)
  }
  const assessments = assessFrames(measurements)
  const { names, vectors } = roundedEvidence(measurements)
  const examples = simulated.flatMap((each, i): Draft[] => {
    const assessment = assessments[i]
    const evidence = vectors[i]
    return assessment && evidence ? [{ ...each, evidence, prefilter: opinionOf(assessment) }] : []
  })
  return { key, evidence: names, examples }
})
