import {
  type FrameContext,
  type FrameMeasurement,
  frameChannels,
  frameContext,
  measureFrame,
  scaleMeasurement,
} from '@nebulift/prefilter'
import { type Preview, previewWebp } from '../picture/index.ts'
import type { MosaicSource } from './mosaic.ts'
import { readFrame } from './readFrame.ts'

/** What one file's pixels tell, before it is compared with others. Plain data. */
export interface JudgedFile {
  readonly measurement: FrameMeasurement
  /** Size of the picture in the file; the measurement's lengths are in its pixels. */
  readonly width: number
  readonly height: number
  readonly hdu: number
  /** What says that the picture is the mosaic of a colour sensor; absent for others. */
  readonly mosaic?: MosaicSource
  /** What the header calls the target. */
  readonly object?: string
  readonly filter?: string
  readonly preview?: Preview
  /** The network's view: see `frameChannels`, as bytes 0..255. */
  readonly picture?: Uint8Array
  readonly readMs: number
  readonly measureMs: number
}

export interface JudgeOptions {
  /** Number of the HDU to judge. Default: the first SCI extension, else the largest picture. */
  readonly hdu?: number
  /** Longer side of the preview in pixels; 0 for none. Default 1000, enough to show every trail. */
  readonly previewPx?: number
  /** Also render the network's view. Default false. */
  readonly picture?: boolean
  /** Called before each step of the measurement. */
  readonly onStep?: (step: string) => void
}

const defaultPreviewPx = 1000

/** Reads and measures one frame. Memory: one plane, and what its measurement needs. */
export async function judgeFile(path: string, options: JudgeOptions = {}): Promise<JudgedFile> {
  const { hdu, previewPx = defaultPreviewPx, onStep, picture: wanted = false } = options
  const started = performance.now()
  const frame = await readFrame(path, hdu === undefined ? {} : { hdu })
  const read = performance.now()
  const { plane, factor, width, height, get } = frame
  const context: FrameContext = frameContext(get, {
    width: plane.width,
    height: plane.height,
    step: factor,
  })
  let picture: Uint8Array | undefined
  const measured = measureFrame(plane, context, {
    ...(onStep && { onStep }),
    ...(wanted && {
      onLayers: (layers) => {
        picture = channelBytes(frameChannels(layers))
      },
    }),
  })
  const measurement = factor === 1 ? measured : scaleMeasurement(measured, factor)
  const preview = previewPx > 0 ? await previewWebp(plane, { longSidePx: previewPx }) : undefined
  return {
    measurement,
    width,
    height,
    hdu: frame.hdu,
    ...(frame.mosaic && { mosaic: frame.mosaic }),
    ...text('object', get('OBJECT')),
    ...text('filter', get('FILTER')),
    ...(preview && { preview }),
    ...(picture && { picture }),
    readMs: read - started,
    measureMs: performance.now() - read,
  }
}

/** Channel values 0..1 as bytes. */
export const channelBytes = (channels: Float32Array): Uint8Array =>
  Uint8Array.from(channels, (value) => Math.round(255 * value))

function text<Key extends string>(key: Key, value: unknown): { [key in Key]?: string } {
  const trimmed = typeof value === 'string' ? value.trim() : ''
  return (trimmed ? { [key]: trimmed } : {}) as { [key in Key]?: string }
}
