import { checkWhole } from './checks.ts'
import { DistributedError } from './errors.ts'

/** A training, a network of cables, and how many machines. */
export interface ScalingOptions {
  /** Bytes of all gradients in float32: four for each parameter. */
  readonly modelBytes: number
  /** Forward and backward pass of one batch on one machine: the slowest, for which the others wait. */
  readonly passMs: number
  /** What part of a pass is backward. Default 2/3: two products of matrices where forward has one. */
  readonly backwardShare?: number
  /** Examples of one pass. Default 1: speeds are then of passes. */
  readonly passExamples?: number
  /** Passes of each machine between two updates. Default 1. */
  readonly accumulate?: number
  /** Of each machine's link, one way. */
  readonly bandwidthBitsPerSecond: number
  /** Part of the bandwidth that carries data. Default 0.949: TCP in frames of 1500 bytes. */
  readonly goodput?: number
  /** From one machine to the next. Default 0.1. */
  readonly latencyMs?: number
  /** Numbers of machines. */
  readonly nodes: readonly number[]
  /** Default `float32`. */
  readonly wire?: 'float32' | 'bf16'
  /** Default true. */
  readonly overlap?: boolean
  /** Default 6 MB; of the parts in which a replica hands gradients out, where these are larger. */
  readonly bucketBytes?: number
  /**
   * Processor time for each megabyte that a machine sends, and takes in and adds meanwhile, where no core is to spare
   * for it: kernel, checksums, sums. Default 0.
   */
  readonly communicationCpuMsPerMB?: number
  /** Steps between two means, as `localSteps.every`. Default 1. */
  readonly localEvery?: number
}

/** What so many machines achieve. */
export interface ScalingPoint {
  readonly nodes: number
  readonly stepMs: number
  readonly computeMs: number
  /** Time of one sum over the machines, divided over the steps between two. */
  readonly communicateMs: number
  /** That part of it which computing does not hide. */
  readonly exposedMs: number
  readonly examplesPerSecond: number
  /** Speed over that of as many machines which need not talk. */
  readonly efficiency: number
}

/** One change that makes machines wait less. */
export interface Lever {
  readonly name: 'bf16' | 'overlap' | 'accumulation' | 'local steps'
  readonly what: string
  readonly examplesPerSecond: number
  readonly efficiency: number
  /** Speed with it over speed without. */
  readonly gain: number
}

/** What to expect of a cluster, and what would help. */
export interface Scaling {
  readonly points: readonly ScalingPoint[]
  /** For the largest number of machines, what pays best first; those already in use are left out. */
  readonly levers: readonly Lever[]
}

type Settled = Required<ScalingOptions>

const defaults = {
  backwardShare: 2 / 3,
  passExamples: 1,
  accumulate: 1,
  goodput: 0.949,
  latencyMs: 0.1,
  wire: 'float32',
  overlap: true,
  bucketBytes: 6e6,
  communicationCpuMsPerMB: 0,
  localEvery: 1,
} as const

/**
 * How training speeds up with machines, by `T = T_compute·A + max(0, T_comm - hidden)` and a ring's
 * `T_comm = 2(N-1)/N · bytes/B + 2(N-1) · latency` (Patarasuk & Yuan 2009), or the processor's time for it where that
 * is longer. It knows nothing of machines that slow one another down otherwise.
 * @throws DistributedError `BAD_ARGUMENT`
 */
export function estimateScaling(options: ScalingOptions): Scaling {
  const settled: Settled = { ...defaults, ...options }
  checkOptions(settled)
  const largest = Math.max(...settled.nodes)
  return {
    points: settled.nodes.map((nodes) => pointOf(settled, nodes)),
    levers: largest > 1 ? leversOf(settled, largest) : [],
  }
}

function pointOf(options: Settled, nodes: number): ScalingPoint {
  const { passMs, accumulate, passExamples, localEvery, bandwidthBitsPerSecond, goodput } = options
  const computeMs = passMs * accumulate
  // Weights, which ranks that step alone average, travel whole and when computing is over.
  const alone = localEvery > 1
  const bytes = options.modelBytes * (options.wire === 'bf16' && !alone ? 0.5 : 1)
  const sentBytes = ((2 * (nodes - 1)) / nodes) * bytes
  const bytesPerMs = (bandwidthBitsPerSecond * goodput) / 8 / 1000
  const wireMs = sentBytes / bytesPerMs + 2 * (nodes - 1) * options.latencyMs
  const cpuMs = (sentBytes / 1e6) * options.communicationCpuMsPerMB
  const sumMs = Math.max(wireMs, cpuMs)
  const exposedMs = alone || !options.overlap ? sumMs : exposed(options, { sumMs, cpuMs })
  const stepMs = computeMs + exposedMs / localEvery
  return {
    nodes,
    stepMs,
    computeMs,
    communicateMs: sumMs / localEvery,
    exposedMs: exposedMs / localEvery,
    examplesPerSecond: (1000 * nodes * accumulate * passExamples) / stepMs,
    efficiency: computeMs / stepMs,
  }
}

/**
 * Of K buckets that fill up evenly over the backward pass of the last of a step's passes, the first can set out when a
 * K-th of it is over, and the last only at its end. What the processor does for all but the last, computing waits for.
 */
function exposed(
  { passMs, backwardShare, modelBytes, bucketBytes }: Settled,
  { sumMs, cpuMs }: { readonly sumMs: number; readonly cpuMs: number },
): number {
  const buckets = Math.max(1, Math.ceil(modelBytes / bucketBytes))
  const backwardMs = passMs * backwardShare
  const early = 1 - 1 / buckets
  return Math.max(sumMs / buckets + cpuMs * early, sumMs - backwardMs * early)
}

const ACCUMULATION = 4
const LOCAL_STEPS = 16

function leversOf(options: Settled, nodes: number): readonly Lever[] {
  const now = pointOf(options, nodes)
  const lever = (name: Lever['name'], what: string, change: Partial<Settled>): Lever => {
    const { examplesPerSecond, efficiency } = pointOf({ ...options, ...change }, nodes)
    const gain = examplesPerSecond / now.examplesPerSecond
    return { name, what, examplesPerSecond, efficiency, gain }
  }
  const { wire, overlap, accumulate, localEvery } = options
  const alone = localEvery > 1
  const passes = accumulate * ACCUMULATION
  return [
    ...(wire === 'float32' && !alone
      ? [lever('bf16', 'gradients travel in 16 bits', { wire: 'bf16' })]
      : []),
    ...(overlap || alone
      ? []
      : [lever('overlap', 'gradients travel during the backward pass', { overlap: true })]),
    lever('accumulation', `${passes} passes a step: batches ${ACCUMULATION} times as large`, {
      accumulate: passes,
    }),
    ...(alone
      ? []
      : [
          lever('local steps', `means only every ${LOCAL_STEPS} steps: other mathematics`, {
            localEvery: LOCAL_STEPS,
          }),
        ]),
  ].sort((a, b) => b.gain - a.gain)
}

function checkOptions(options: Settled): void {
  const positive = ['modelBytes', 'passMs', 'passExamples', 'bandwidthBitsPerSecond'] as const
  for (const name of [...positive, 'goodput', 'bucketBytes'] as const)
    require(name, options[name], options[name] > 0, 'a number above 0')
  for (const name of ['latencyMs', 'communicationCpuMsPerMB'] as const)
    require(name, options[name], options[name] >= 0, 'a number of at least 0')
  const { backwardShare } = options
  const share = backwardShare >= 0 && backwardShare <= 1
  require('backwardShare', backwardShare, share, 'a number from 0 to 1')
  checkWhole('estimateScaling: accumulate', options.accumulate, { low: 1 })
  checkWhole('estimateScaling: localEvery', options.localEvery, { low: 1 })
  require('nodes', 0, options.nodes.length > 0, 'one number of machines at least')
  for (const nodes of options.nodes) checkWhole('estimateScaling: nodes', nodes, { low: 1 })
}

function require(name: string, got: number, fits: boolean, wanted: string): void {
  if (fits && Number.isFinite(got)) return
  throw new DistributedError(
    'BAD_ARGUMENT',
    `estimateScaling: ${name}: got ${got}, wanted ${wanted}`,
  )
}
