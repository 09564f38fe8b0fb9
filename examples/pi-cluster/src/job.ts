import { type Manifest, namespaceManifests, trainingManifests } from '@nebulift/k8s'
import type { Options } from './options.ts'

export const jobName = 'pi-train'
/** Pictures of one pass: what a Pi computes at once. */
export const passExamples = 8

/** A namespace, and in it a training that goes on with two Pis where others are lost. */
export function jobManifests({ server, path, workers, ...options }: Options): Manifest[] {
  const { image, frames, labels, epochs, width } = options
  const labelled = labels === undefined ? [] : ['--labels', `/data/${labels}`]
  return [
    ...namespaceManifests(),
    ...trainingManifests({
      ...{ name: jobName, image, profile: 'rpi5', workers, minWorkers: Math.min(2, workers) },
      data: { nfs: { server, path } },
      checkpoints: { nfs: { server, path: `${path}/models` } },
      args: [
        ...['worker', '/ckpt/set', '--from-fits', `/data/${frames}`, ...labelled],
        ...['--model-output', '/ckpt/model.onnx', '--checkpoint-dir', '/ckpt/checkpoints'],
        ...['--epochs', epochs, '--width', String(width), '--passes', String(workers)],
        ...['--batch', String(passExamples * workers), '--threads', '$(NEBULIFT_THREADS)'],
        ...['--stop-code', '75'],
      ],
    }),
  ]
}
