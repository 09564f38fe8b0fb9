import { judgingManifests } from '@nebulift/k8s'
import { below, built, type PodFlags, placeFrom, runJobs, workloadOf } from '../cluster/k8sJob.ts'
import type { CommandContext } from '../commands/context.ts'

/** Options as they were typed. */
export interface K8sBatchFlags extends PodFlags {
  readonly shards: number
  readonly parallel?: number
  readonly recursive?: boolean
  readonly merge?: boolean
}

/** The work of `nebulift k8s-batch`: a job of shards, and one that puts them together. */
export async function k8sBatch(
  context: CommandContext,
  input: string,
  output: string,
  flags: K8sBatchFlags,
): Promise<number> {
  const { shards, parallel, storageClass, recursive, merge = false } = flags
  const [frames, sorted] = [placeFrom(input), placeFrom(output)]
  const made = storageClass === undefined ? {} : { storageClass }
  const workload = workloadOf(flags, 'nebulift-batch')
  const command = [
    ...['batch', below('/data', frames), below('/out', sorted)],
    // Links cannot cross from the volume of the frames to that of the results.
    ...['--action', 'report', '--shards', String(shards), ...(recursive ? ['--recursive'] : [])],
  ]
  const threads = ['--jobs', '$(NEBULIFT_THREADS)']
  const judging = built(() =>
    judgingManifests({
      ...workload,
      ...{ shards, data: frames.storage, output: { ...made, ...sorted.storage } },
      ...(parallel !== undefined && { parallel }),
      args: [...command, '--shard-index', '$(JOB_COMPLETION_INDEX)', ...threads],
    }),
  )
  const claim = (manifests: typeof judging, role: string, given?: string) =>
    given ?? manifests.find(({ metadata }) => metadata.name.endsWith(role))?.metadata.name ?? ''
  const mergeName = `${workload.name}-merge`
  const merging = built(() =>
    judgingManifests({
      ...workload,
      ...{ name: mergeName, shards: 1 },
      data: { claim: claim(judging, '-data', frames.storage.claim) },
      output: { claim: claim(judging, '-output', sorted.storage.claim) },
      args: [...command, '--merge', ...threads],
    }),
  )
  const stages = [
    ...(merge ? [] : [{ job: workload.name, manifests: judging }]),
    ...(merge || flags.watch ? [{ job: mergeName, manifests: merging }] : []),
  ]
  const code = await runJobs(context, flags, { stages })
  if (flags.apply && !merge && !flags.watch)
    context.terminal.log('info', 'when it is complete, run the same with --merge')
  return code
}
