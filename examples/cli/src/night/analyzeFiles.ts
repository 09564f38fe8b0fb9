import { assessFrames } from '@nebulift/prefilter'
import { describeError } from '../errors.ts'
import { markOf } from '../files/identity.ts'
import { type JudgedFile, judgeFile } from '../frame/judgeFile.ts'
import { type LearnedJudge, openLearnedJudge } from '../learning/learnedJudge.ts'
import { type ManifestFrame, manifestFrame } from '../output/manifest.ts'
import type { OnBatchEvent } from './events.ts'
import { defaultJobs, estimatePixels } from './jobs.ts'
import { runPool, siblingScript } from './pool.ts'
import type { MeasureResult, MeasureTask } from './worker.ts'

export interface AnalyzeOptions {
  /** Frames measured at once. Default: the cores, as far as memory allows. */
  readonly jobs?: number
  /** HDU to judge. Default: the first SCI extension, else the largest picture. */
  readonly hdu?: number
  /** ONNX file of a classifier whose opinion joins the prefilter's. Default none. */
  readonly model?: string
  readonly onEvent?: OnBatchEvent
  readonly signal?: AbortSignal
}

/**
 * Judges files against each other where they belong to one session. Results in the order of the files;
 * a file that cannot be judged is told to `onEvent` and left out.
 */
export async function analyzeFiles(
  files: readonly string[],
  options: AnalyzeOptions = {},
): Promise<ManifestFrame[]> {
  const { model } = options
  const judge = model === undefined ? undefined : await openLearnedJudge(model)
  try {
    return await describe(files, await measureFiles(files, options, judge !== undefined), judge)
  } finally {
    await judge?.close()
  }
}

/** Measures what can be measured, by the place in the list. */
async function measureFiles(
  files: readonly string[],
  options: AnalyzeOptions,
  picture: boolean,
): Promise<ReadonlyMap<number, JudgedFile>> {
  const { hdu, signal, onEvent = () => {} } = options
  const jobs = options.jobs ?? defaultJobs(await largestPixels(files))
  const tasks = files.map(
    (path): MeasureTask => ({
      path,
      previewPx: 0,
      ...(hdu !== undefined && { hdu }),
      ...(picture && { picture }),
    }),
  )
  onEvent({ type: 'found', files: files.length, open: files.length, jobs })
  const judged = new Map<number, JudgedFile>()
  const fileAt = (index: number) => files[index] ?? ''
  const take = (index: number, result: JudgedFile) => {
    judged.set(index, result)
    onEvent({ type: 'measured', file: fileAt(index), judged: result, cached: false })
  }
  const fail = (index: number, error: string) =>
    onEvent({ type: 'failed', file: fileAt(index), error })
  if (tasks.length === 1 || jobs === 1) {
    for (const [index, task] of tasks.entries()) {
      signal?.throwIfAborted()
      const judging = judgeFile(task.path, task)
      await judging.then(
        (result) => take(index, result),
        (error: unknown) => fail(index, describeError(error, fileAt(index))),
      )
    }
  } else {
    await runPool<MeasureTask, MeasureResult>({
      ...{ script: siblingScript('worker', import.meta.url), jobs, tasks, signal },
      onResult: (index, result) => take(index, result.judged),
      onFailure: (index, { message }) => fail(index, message),
    })
  }
  return judged
}

async function describe(
  files: readonly string[],
  judged: ReadonlyMap<number, JudgedFile>,
  judge: LearnedJudge | undefined,
): Promise<ManifestFrame[]> {
  const known = files.flatMap((file, index) => {
    const result = judged.get(index)
    return result ? [{ file, result }] : []
  })
  const results = known.map(({ result }) => result)
  const first = assessFrames(results.map(({ measurement }) => measurement))
  const assessments = judge ? await judge.join(results, first) : first
  return known.flatMap(({ file, result }, i) => {
    const assessment = assessments[i]
    return assessment ? [manifestFrame(result, assessment, { file })] : []
  })
}

async function largestPixels(files: readonly string[]): Promise<number> {
  let largest = 0
  for (const file of files) {
    const mark = await markOf(file).catch(() => undefined)
    largest = Math.max(largest, estimatePixels(file, mark?.size ?? 0))
  }
  return largest
}
