import { assessFrames, type FrameMeasurement } from '@nebulift/prefilter'
import { CliError } from '../errors.ts'
import { defaultJobs } from '../night/jobs.ts'
import { runPool, siblingScript } from '../night/pool.ts'
import type { Candidate } from './candidate.ts'
import type { FileAnswer, FileTask } from './fileWorker.ts'
import { opinionOf, roundedEvidence } from './picture.ts'
import { type Injection, planInjections } from './planInjections.ts'
import type { DatasetStore, Draft } from './store.ts'

export interface RenderOptions {
  /** Names of the numbers of evidence. */
  readonly evidence: readonly string[]
  readonly inject: number
  readonly seed: number
  readonly hdu?: number | undefined
  readonly jobs?: number | undefined
  /** Told how many pictures are to be made, then of each. */
  readonly onPictures?: ((open: number) => void) | undefined
  readonly onPicture?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** One picture to be made, and what is then known of it. */
interface Job {
  readonly task: FileTask
  readonly key: string
  readonly onAnswer: (answer: FileAnswer) => Promise<void>
}

/** Planes that reading, laying trails and measuring hold at once. */
const pixelFactor = 3

/** Makes the pictures of candidates, and of those repeated with trails; each is noted in the store when it is done. */
export async function renderExamples(
  store: DatasetStore,
  candidates: readonly Candidate[],
  options: RenderOptions,
): Promise<void> {
  const jobs = [
    ...plainJobs(store, candidates, options),
    ...injectionJobs(store, candidates, options),
  ].filter(({ key }) => !store.parts.has(key))
  const { hdu, onPictures, onPicture, signal } = options
  onPictures?.(jobs.length)
  const pixels = candidates.map(({ frame: { judged } }) => judged.width * judged.height)
  await runPool<FileTask, FileAnswer>({
    script: siblingScript('fileWorker', import.meta.url),
    jobs: options.jobs ?? defaultJobs(pixelFactor * Math.max(1, ...pixels)),
    tasks: jobs.map(({ task }) => ({ ...task, ...(hdu !== undefined && { hdu }) })),
    signal,
    onResult: async (index, answer) => {
      await jobs[index]?.onAnswer(answer)
      onPicture?.()
    },
    onFailure: (index, { message }) => {
      throw new CliError(`${jobs[index]?.task.path}: ${message}`)
    },
  })
}

function plainJobs(
  store: DatasetStore,
  candidates: readonly Candidate[],
  { evidence }: RenderOptions,
): Job[] {
  return candidates.map(({ frame, ...known }) => {
    const key = known.id
    return {
      key,
      task: { path: frame.path, folder: store.folder, id: known.id, label: known.label },
      onAnswer: ({ file, sha256 }) =>
        store.add({ key, evidence, examples: [{ ...known, file, sha256 }] }),
    }
  })
}

interface Done {
  readonly injection: Injection
  readonly answer: FileAnswer
  readonly measurement: FrameMeasurement
}

/** Injections of a round wait for each other: they are compared with their session together. */
function injectionJobs(
  store: DatasetStore,
  candidates: readonly Candidate[],
  { inject, seed, evidence }: RenderOptions,
): Job[] {
  const bases = candidates.map((candidate) => ({ ...candidate, score: candidate.prefilter.score }))
  const rounds = Map.groupBy(planInjections(bases, { count: inject, seed }), ({ round }) => round)
  return [...rounds].flatMap(([round, injections]) => {
    const key = `round ${round}`
    const done: Done[] = []
    return injections.map((injection): Job => {
      const { frame } = candidates[injection.base]!
      const { id, seed: injectSeed } = injection
      return {
        key,
        task: { path: frame.path, folder: store.folder, id, label: 'contaminated', injectSeed },
        onAnswer: async (answer) => {
          if (!answer.injected) throw new Error(`internal: ${id} came back without trails`)
          done.push({ injection, answer, measurement: answer.injected.measurement })
          if (done.length < injections.length) return
          await store.add({ key, evidence, examples: describeRound(candidates, done) })
        },
      }
    })
  })
}

/** Judges the frames with trails beside the untouched ones of their session. */
function describeRound(candidates: readonly Candidate[], done: readonly Done[]): Draft[] {
  const first = candidates[done[0]!.injection.base]!
  const members = candidates.filter(({ session }) => session === first.session)
  const changed = new Map(
    done.map(({ injection, measurement }) => [candidates[injection.base]!.id, measurement]),
  )
  const measurements = members.map(({ id, frame }) => changed.get(id) ?? frame.judged.measurement)
  const assessments = assessFrames(measurements)
  const { vectors } = roundedEvidence(measurements)
  return done.map(({ injection, answer }): Draft => {
    const { frame: _, ...base } = candidates[injection.base]!
    const at = members.findIndex(({ id }) => id === base.id)
    const trails = answer.injected?.trails ?? []
    return {
      ...base,
      id: injection.id,
      ...{ file: answer.file, sha256: answer.sha256 },
      ...{ label: 'contaminated', labelledBy: 'truth' },
      flaws: [...new Set(trails.filter(({ labelled }) => labelled).map(({ kind }) => kind))],
      evidence: vectors[at] ?? [],
      prefilter: opinionOf(assessments[at]!),
      derivation: { from: base.id, seed: injection.seed, trails },
    }
  })
}
