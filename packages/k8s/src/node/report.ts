import type { Condition, ContainerStatus, Job, KubeEvent, Pod } from './objects.ts'
import { oneLine } from './refusal.ts'

/** One rank of a job: its newest pod, and how the ones before ended. */
export interface RankReport {
  readonly rank: number
  readonly pod: string
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly node?: string
  /** Pods of this rank that failed, as far as they are still there. */
  readonly failures: number
  /** Why it does not run, in one line. */
  readonly problem?: string
}

/** How a job stands. */
export interface JobReport {
  readonly name: string
  readonly namespace: string
  readonly state: 'Waiting' | 'Running' | 'Suspended' | 'Complete' | 'Failed'
  /** Why it came to its end, or is held back. */
  readonly reason?: string
  /** How many there are to be. */
  readonly completions: number
  readonly active: number
  readonly ready: number
  readonly succeeded: number
  /** Pods that failed so far: every one but those of failed ranks was replaced. */
  readonly failed: number
  /** Indexes that are done and those given up, as Kubernetes writes them: `0-2,5`. */
  readonly completedIndexes: string
  readonly failedIndexes: string
  /** By rank; a rank without a pod is missing. */
  readonly ranks: readonly RankReport[]
  /** What stands in the way, a line each: of ranks, and of the job as a whole (quotas, policies). */
  readonly problems: readonly string[]
}

/** What a report needs of a pod: little, as there may be very many. */
export interface PodNote {
  readonly name: string
  readonly rank: number
  readonly phase: RankReport['phase']
  readonly node: string | undefined
  readonly created: string
  readonly leaving: boolean
  readonly problem: string | undefined
}

/** How a job ended, once it has. */
export function endOf({ status }: Job): Condition | undefined {
  return status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
}

/** The rank of a pod of an Indexed Job; of any other Job 0. */
export function rankOf({ metadata: { labels, annotations } }: Pod): number {
  const key = 'batch.kubernetes.io/job-completion-index'
  return Number(annotations?.[key] ?? labels?.[key] ?? 0)
}

export function noteOf(pod: Pod): PodNote {
  return {
    name: pod.metadata.name,
    rank: rankOf(pod),
    phase: (pod.status?.phase ?? 'Pending') as PodNote['phase'],
    node: pod.spec.nodeName,
    created: pod.metadata.creationTimestamp ?? '',
    leaving: pod.metadata.deletionTimestamp !== undefined,
    problem: problemOf(pod),
  }
}

/** Why a pod does not run or did not end well, in one line. */
function problemOf({ status = {} }: Pod): string | undefined {
  if (status.phase === 'Succeeded') return undefined
  const unscheduled = status.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  )
  if (unscheduled)
    return `${unscheduled.reason ?? 'not placed'}: ${oneLine(unscheduled.message ?? '')}`
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const told = containers.map(containerProblem).find((problem) => problem !== undefined)
  if (told) return told
  if (status.phase !== 'Failed') return undefined
  return [status.reason ?? 'failed', status.message]
    .filter(Boolean)
    .map((text) => oneLine(text as string))
    .join(': ')
}

// Every container waits for a moment, for these or for no reason at all.
const ordinary = ['ContainerCreating', 'PodInitializing', undefined]

function containerProblem({ name, state }: ContainerStatus): string | undefined {
  const { waiting, terminated } = state ?? {}
  if (waiting && !ordinary.includes(waiting.reason)) {
    return [waiting.reason, waiting.message]
      .filter(Boolean)
      .map((text) => oneLine(text as string))
      .join(': ')
  }
  if (!terminated || terminated.exitCode === 0) return undefined
  const reason =
    terminated.reason === undefined || terminated.reason === 'Error' ? '' : `${terminated.reason}: `
  const message = terminated.message ? `: ${oneLine(terminated.message)}` : ''
  return `${reason}container ${name} ended with exit code ${terminated.exitCode}${message}`
}

/** A job with its pods, and the warnings of the cluster about them. */
export function reportOf(
  job: Job,
  pods: Iterable<PodNote>,
  warnings: readonly KubeEvent[],
): JobReport {
  const { spec, status = {}, metadata } = job
  const condition = (type: string) =>
    status.conditions?.find((each) => each.type === type && each.status === 'True')
  const told =
    condition('Failed') ??
    condition('Complete') ??
    condition('Suspended') ??
    condition('FailureTarget')
  const ranks = ranksOf(pods, warnings)
  const reason =
    told &&
    [told.reason, told.message]
      .filter(Boolean)
      .map((text) => oneLine(text as string))
      .join(': ')
  const ended = condition('Failed') ? 'Failed' : condition('Complete') ? 'Complete' : undefined
  const going = condition('Suspended')
    ? 'Suspended'
    : (status.ready ?? 0) > 0
      ? 'Running'
      : 'Waiting'
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    state: ended ?? going,
    ...(reason && { reason }),
    completions: spec.completions ?? spec.parallelism ?? 1,
    active: status.active ?? 0,
    ready: status.ready ?? 0,
    succeeded: status.succeeded ?? 0,
    failed: status.failed ?? 0,
    completedIndexes: status.completedIndexes ?? '',
    failedIndexes: status.failedIndexes ?? '',
    ranks,
    problems: ended === 'Complete' ? [] : [...jobProblems(job, warnings), ...rankProblems(ranks)],
  }
}

function ranksOf(pods: Iterable<PodNote>, warnings: readonly KubeEvent[]): RankReport[] {
  const newest = new Map<number, PodNote>()
  const failures = new Map<number, number>()
  for (const pod of pods) {
    if (pod.phase === 'Failed') failures.set(pod.rank, (failures.get(pod.rank) ?? 0) + 1)
    const known = newest.get(pod.rank)
    if (!known || isNewer(pod, known)) newest.set(pod.rank, pod)
  }
  return [...newest.values()]
    .sort((a, b) => a.rank - b.rank)
    .map((pod) => {
      const problem =
        pod.problem ?? (pod.phase === 'Pending' ? mountProblem(pod.name, warnings) : undefined)
      return {
        rank: pod.rank,
        pod: pod.name,
        phase: pod.phase,
        ...(pod.node !== undefined && { node: pod.node }),
        failures: failures.get(pod.rank) ?? 0,
        ...(problem !== undefined && { problem }),
      }
    })
}

/** Times are whole seconds: of two in the same one, the pod that has not failed came later. */
function isNewer(pod: PodNote, than: PodNote): boolean {
  if (pod.created !== than.created) return pod.created > than.created
  return than.phase === 'Failed' && pod.phase !== 'Failed'
}

/** Volumes that cannot be mounted are told of in events only. */
function mountProblem(pod: string, warnings: readonly KubeEvent[]): string | undefined {
  const found = warnings.findLast(
    ({ involvedObject }) => involvedObject.kind === 'Pod' && involvedObject.name === pod,
  )
  return found && `${found.reason}: ${oneLine(found.message ?? '')}`
}

/** Pods that could not even be made: quotas and policies. */
function jobProblems({ metadata, status }: Job, warnings: readonly KubeEvent[]): string[] {
  const own = warnings.filter(({ involvedObject: about, reason }) => {
    return about.kind === 'Job' && about.name === metadata.name && reason === 'FailedCreate'
  })
  const last = own.at(-1)
  const wanting = (status?.active ?? 0) === 0 || own.length > 0
  return last && wanting ? [`${last.reason}: ${oneLine(last.message ?? '')}`] : []
}

/** Ranks with the same trouble share a line. */
function rankProblems(ranks: readonly RankReport[]): string[] {
  const groups = new Map<string, number[]>()
  for (const { rank, problem } of ranks) {
    if (problem !== undefined) groups.set(problem, [...(groups.get(problem) ?? []), rank])
  }
  return [...groups].map(([problem, of]) => {
    return of.length === 1 ? `rank ${of[0]}: ${problem}` : `ranks ${of.join(', ')}: ${problem}`
  })
}
