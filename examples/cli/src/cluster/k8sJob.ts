import { randomBytes } from 'node:crypto'
import { K8sError, type Manifest, type StorageOptions, toYaml } from '@nebulift/k8s'
import {
  apply,
  type Cluster,
  exitCodeOf,
  followLogs,
  formatLine,
  type JobReport,
  openCluster,
  watchJob,
} from '@nebulift/k8s/node'
import type { CommandContext } from '../commands/context.ts'
import { CliError } from '../errors.ts'

/** Which cluster. */
export interface ClusterFlags {
  readonly kubeconfig?: string
  readonly context?: string
  readonly namespace: string
}

/** Options of jobs as they were typed. */
export interface PodFlags extends ClusterFlags {
  readonly name?: string
  readonly image: string
  readonly profile: 'generic' | 'rpi5'
  readonly cpu?: string
  readonly memory?: string
  readonly storageClass?: string
  readonly imagePullSecret?: string
  readonly queue?: string
  readonly monitoring?: boolean
  readonly dryRun?: boolean
  readonly apply?: boolean
  readonly watch?: boolean
}

/** What the builders of manifests know of pods. */
export function workloadOf(flags: PodFlags, name: string) {
  const { image, namespace, profile, cpu, memory, imagePullSecret, queue, monitoring } = flags
  const resources = { ...(cpu && { cpu }), ...(memory && { memory }) }
  return {
    ...{ name: flags.name ?? name, image, namespace, profile },
    ...(Object.keys(resources).length > 0 && { resources }),
    ...(imagePullSecret !== undefined && { imagePullSecret }),
    ...(queue !== undefined && { queue }),
    ...(monitoring && { monitoring }),
  }
}

/** A place that pods mount, and the folder in it. */
export interface Place {
  readonly storage: StorageOptions
  /** Below the mount, without a slash at either end; empty for all of it. */
  readonly folder: string
}

/** `nfs://server/path`, `claim:name` or `claim:name/folder`. */
export function placeFrom(text: string): Place {
  const [, server, path] = /^nfs:\/\/([^/]+)(\/.+?)\/*$/.exec(text) ?? []
  if (server && path) return { storage: { nfs: { server, path } }, folder: '' }
  const [, claim, folder = ''] = /^claim:([^/]+)(?:\/(.*?))?\/*$/.exec(text) ?? []
  if (claim && !folder.split('/').includes('..')) return { storage: { claim }, folder }
  // As mount takes it.
  const [, host, folderOfHost] = /^(?!claim:)([^/]+):(\/[^/].*)$/.exec(text) ?? []
  throw new CliError(`${text}: wanted nfs://server/path or claim:name[/folder]`, {
    exitCode: 2,
    hint: host && `write nfs://${host}${folderOfHost}`,
  })
}

/** A folder of a mount. */
export const below = (mount: string, { folder }: Place): string =>
  folder === '' ? mount : `${mount}/${folder}`

/** Opens a cluster, works with it, and tells errors with the exit code they deserve. */
export async function withCluster<Result>(
  { io }: CommandContext,
  { kubeconfig, context, namespace }: ClusterFlags,
  work: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  try {
    const cluster = await openCluster({
      ...{ env: io.env, namespace },
      ...(kubeconfig !== undefined && { kubeconfig }),
      ...(context !== undefined && { context }),
    })
    try {
      return await work(cluster)
    } finally {
      cluster.close()
    }
  } catch (error) {
    throw inWords(error)
  }
}

/** An error of the builders or of the cluster, as the command ends with it. */
export function inWords(error: unknown): unknown {
  if (!(error instanceof K8sError)) return error
  const exitCode = error.code === 'BAD_OPTION' ? 2 : exitCodeOf(error)
  return new CliError(error.message, { exitCode, cause: error })
}

/** Manifests as the builders make them. */
export function built(build: () => Manifest[]): Manifest[] {
  try {
    return build()
  } catch (error) {
    throw inWords(error)
  }
}

/** One job, or several that follow each other. */
export interface Jobs {
  /** Each with what it needs; the next only begins when the one before is complete. */
  readonly stages: readonly { readonly job: string; readonly manifests: readonly Manifest[] }[]
  /** Whether pods show each other a token. */
  readonly token?: string
}

/** Prints the manifests, or sends them, or sends them and waits; returns the exit code. */
export async function runJobs(
  context: CommandContext,
  flags: PodFlags,
  jobs: Jobs,
): Promise<number> {
  const { terminal, io } = context
  const { watch = false } = flags
  if (!watch && !flags.apply) {
    terminal.print(toYaml(jobs.stages.flatMap(({ manifests }) => manifests)).trimEnd())
    return 0
  }
  return withCluster(context, flags, async (cluster) => {
    const { signal } = io
    if (jobs.token !== undefined) await requireToken(context, cluster, jobs.token)
    for (const { job, manifests } of jobs.stages) {
      for (const done of await apply(cluster, manifests, signal ? { signal } : {})) {
        terminal.log('info', `${done.kind} ${done.name}: ${done.created ? 'created' : 'applied'}`)
        for (const warning of done.warnings) terminal.log('warn', warning)
      }
      if (watch) await watchToEnd(context, cluster, job)
    }
    if (!watch) terminal.log('info', `see: nebulift k8s status ${jobs.stages[0]?.job}`)
    return 0
  })
}

/** Makes the secret that ranks show each other, unless it stands already. */
async function requireToken(
  { terminal }: CommandContext,
  cluster: Cluster,
  name: string,
): Promise<void> {
  const { namespace } = cluster
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${name}`
  const there = await cluster.connection.json({ path, what: `look for secret ${name}` }).then(
    () => true,
    (error: unknown) => {
      const code = error instanceof K8sError ? error.code : undefined
      if (code === 'NOT_FOUND') return false
      if (code !== 'FORBIDDEN') throw error
      // Whoever may start jobs need not be one who may read secrets.
      terminal.log('warn', `${(error as Error).message}; taken to stand already`)
      return true
    },
  )
  if (there) return
  const token = randomBytes(32).toString('base64url')
  await apply(cluster, [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace, labels: { 'app.kubernetes.io/name': 'nebulift' } },
      type: 'Opaque',
      stringData: { token },
    } as Manifest,
  ])
}

async function watchToEnd(
  { terminal, io }: CommandContext,
  cluster: Cluster,
  job: string,
): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, ...(io.signal ? [io.signal] : [])])
  const onLine: Parameters<typeof followLogs>[2]['onLine'] = (line) =>
    terminal.print(formatLine(line))
  const logs = followLogs(cluster, job, { onLine, signal }).catch((error: unknown) => {
    if (!signal.aborted) terminal.log('warn', `logs: ${(error as Error).message}`)
  })
  let said = ''
  const onProgress = (report: JobReport) => {
    const text = [stateText(report), ...report.problems].join('\n')
    if (text === said) return
    said = text
    terminal.log('info', stateText(report))
    for (const problem of report.problems) terminal.log('warn', problem)
  }
  try {
    await watchJob(cluster, job, { onProgress, ...(io.signal && { signal: io.signal }) })
    // What the last pods said is still on its way.
    await logs
  } finally {
    stop.abort()
  }
}

/** `night: 2 of 4 done, 2 running`. */
export function stateText({ name, state, reason, ...counts }: JobReport): string {
  const { completions, succeeded, active, failed } = counts
  const parts = [
    `${succeeded} of ${completions} done`,
    ...(active > 0 ? [`${active} running`] : []),
    ...(failed > 0 ? [`${failed} lost so far`] : []),
  ]
  return `${name} ${state.toLowerCase()}: ${parts.join(', ')}${reason ? ` (${reason})` : ''}`
}
