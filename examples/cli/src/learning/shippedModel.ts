import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The classifier that comes along: trained on simulated nights, see its card beside it. */
const shipped = fileURLToPath(new URL('../../model/frames.int8.onnx', import.meta.url))

/** What `--model FILE`, `--no-model` or neither means: a path, or nothing for the prefilter alone. */
export function chosenModel(flag: string | boolean | undefined): string | undefined {
  if (typeof flag === 'string') return flag
  return flag !== false && existsSync(shipped) ? shipped : undefined
}
