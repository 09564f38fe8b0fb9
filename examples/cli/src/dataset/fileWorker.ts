import {
  type FrameMeasurement,
  frameContext,
  measureFrame,
  scaleMeasurement,
} from '@nebulift/prefilter'
import type { TrailTruth } from '@nebulift/simulator'
import { type Frame, readFrame } from '../frame/readFrame.ts'
import { answerTasks } from '../night/workerAnswer.ts'
import { drawTrails } from './drawTrails.ts'
import type { DatasetLabel } from './manifest.ts'
import { pictureBytes } from './picture.ts'
import { writeExample } from './store.ts'

/** A frame of which an example is to be made. */
export interface FileTask {
  readonly path: string
  readonly hdu?: number
  /** Folder of the data set. */
  readonly folder: string
  readonly id: string
  readonly label: DatasetLabel
  /** Lay trails over it before, by this seed. */
  readonly injectSeed?: number
}

export interface FileAnswer {
  readonly file: string
  readonly sha256: string
  /** Of a frame with trails laid over it. */
  readonly injected?: {
    readonly trails: readonly TrailTruth[]
    readonly measurement: FrameMeasurement
  }
}

answerTasks(async (task: FileTask): Promise<FileAnswer> => {
  const { path, hdu, folder, injectSeed } = task
  const frame = await readFrame(path, hdu === undefined ? {} : { hdu })
  if (injectSeed === undefined) {
    const { saturation } = contextOf(frame)
    return writeExample(folder, task, pictureBytes(frame.plane, saturation))
  }
  const context = contextOf(frame)
  const { plane, trails } = drawTrails(frame, context, injectSeed)
  const measurement = scaleMeasurement(measureFrame(plane, context), frame.factor)
  const written = await writeExample(folder, task, pictureBytes(plane, context.saturation))
  return { ...written, injected: { trails, measurement } }
})

function contextOf({ plane: { width, height }, factor, get }: Frame) {
  return frameContext(get, { width, height, step: factor })
}
