import { basename, dirname, join } from 'node:path'
import { CliError } from '../errors.ts'

/** Where a model and what comes with it are written. */
export interface ModelFiles {
  readonly float: string
  readonly int8: string
  readonly card: string
  readonly page: string
  /** Folder of checkpoints and log. */
  readonly training: string
}

/** `night.onnx` has `night.int8.onnx`, `night.card.md`, `night.training.html` and `night.training/` beside it. */
export function modelFiles(output: string): ModelFiles {
  if (!output.endsWith('.onnx')) {
    throw new CliError(`--model-output must end in .onnx, got ${output}`, { exitCode: 2 })
  }
  const beside = (ending: string) => join(dirname(output), basename(output, '.onnx') + ending)
  return {
    float: output,
    int8: beside('.int8.onnx'),
    card: beside('.card.md'),
    page: beside('.training.html'),
    training: beside('.training'),
  }
}
