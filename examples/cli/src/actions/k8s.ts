import { cp, mkdir, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dashboardManifests, type Manifest, namespaceManifests, toYaml } from '@nebulift/k8s'
import { followLogs, formatLine, jobStatus, removeJob, scale } from '@nebulift/k8s/node'
import { built, type ClusterFlags, stateText, withCluster } from '../cluster/k8sJob.ts'
import type { CommandContext } from '../commands/context.ts'
import { CliError } from '../errors.ts'

const builders: Readonly<Record<string, (flags: ClusterFlags) => Manifest[]>> = {
  namespace: ({ namespace }) => namespaceManifests({ namespace }),
  dashboard: () => dashboardManifests(),
}

/** The work of `nebulift k8s manifests`. */
export async function k8sManifests(
  { terminal }: CommandContext,
  what: string,
  flags: ClusterFlags,
): Promise<number> {
  const build = builders[what]
  if (!build) {
    const known = Object.keys(builders).join(' or ')
    const hint = 'those of jobs: nebulift k8s-train --dry-run, nebulift k8s-batch --dry-run'
    throw new CliError(`k8s manifests: got ${what}, wanted ${known}`, { exitCode: 2, hint })
  }
  terminal.print(toYaml(built(() => build(flags))).trimEnd())
  return 0
}

/** The work of `nebulift k8s chart`. */
export async function k8sChart({ terminal }: CommandContext, folder: string): Promise<number> {
  const target = resolve(folder)
  const there = await readdir(target).catch(() => [])
  if (there.length > 0) throw new CliError(`${folder}: is not empty`, { exitCode: 2 })
  const home = dirname(fileURLToPath(import.meta.resolve('@nebulift/k8s/package.json')))
  await mkdir(target, { recursive: true })
  await cp(join(home, 'chart', 'nebulift'), target, { recursive: true })
  terminal.print(
    `${folder}: the chart; helm install NAME ${folder} --set training.enabled=true --set training.image=…`,
  )
  return 0
}

/** The work of `nebulift k8s scale`. */
export function k8sScale(
  context: CommandContext,
  job: string,
  ranks: number,
  flags: ClusterFlags,
): Promise<number> {
  return withCluster(context, flags, async (cluster) => {
    await scale(cluster, job, { ranks, ...signalOf(context) })
    context.terminal.print(`${job}: ${ranks} workers from now on`)
    return 0
  })
}

/** The work of `nebulift k8s status`: exit code 1 where the job failed. */
export function k8sStatus(
  context: CommandContext,
  job: string,
  { json = false, ...flags }: ClusterFlags & { readonly json?: boolean },
): Promise<number> {
  const { terminal } = context
  return withCluster(context, flags, async (cluster) => {
    const report = await jobStatus(cluster, job, signalOf(context))
    if (json) terminal.print(JSON.stringify(report))
    else {
      terminal.print(stateText(report))
      for (const { rank, phase, node, failures, pod } of report.ranks) {
        const where = node === undefined ? '' : ` on ${node}`
        const lost = failures > 0 ? `, lost ${failures} times` : ''
        terminal.print(
          `  ${String(rank).padStart(3)}  ${phase.toLowerCase()}${where}${lost}  ${pod}`,
        )
      }
      for (const problem of report.problems) terminal.print(`  ! ${problem}`)
    }
    return report.state === 'Failed' ? 1 : 0
  })
}

/** The work of `nebulift k8s logs`. */
export function k8sLogs(
  context: CommandContext,
  job: string,
  { tail, ...flags }: ClusterFlags & { readonly tail?: number },
): Promise<number> {
  return withCluster(context, flags, async (cluster) => {
    await followLogs(cluster, job, {
      onLine: (line) => context.terminal.print(formatLine(line)),
      ...(tail !== undefined && { tailLines: tail }),
      ...signalOf(context),
    })
    return 0
  })
}

/** The work of `nebulift k8s delete`. */
export function k8sDelete(
  context: CommandContext,
  job: string,
  flags: ClusterFlags,
): Promise<number> {
  return withCluster(context, flags, async (cluster) => {
    const gone = await removeJob(cluster, job, signalOf(context))
    context.terminal.print(`deleted: ${gone.join(', ')}`)
    return 0
  })
}

const signalOf = ({ io }: CommandContext) => (io.signal ? { signal: io.signal } : {})
