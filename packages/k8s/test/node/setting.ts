import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type Cluster, type ClusterOptions, openCluster } from '../../src/node/cluster.ts'
import type { KubeObject } from '../../src/node/objects.ts'
import { type ClusterDouble, type DoubleOptions, startDouble } from './double/double.ts'

/** A folder that goes with the test. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-k8s-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function write(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** A double that ends with the test, and leaves no process behind. */
export async function double(options: DoubleOptions = {}): Promise<ClusterDouble> {
  const made = await startDouble(options)
  onTestFinished(async () => {
    const pids = [...made.pids]
    await made.close()
    const left = pids.filter(isAlive)
    if (left.length > 0) throw new Error(`processes ${left.join(', ')} outlived the test`)
  })
  return made
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** A client, as whoever a kubeconfig says. */
export async function client(kubeconfig: string, options: ClusterOptions = {}): Promise<Cluster> {
  const file = write(scratch(), 'config', kubeconfig)
  const cluster = await openCluster({ kubeconfig: file, backoffMs: 5, ...options })
  onTestFinished(() => cluster.close())
  return cluster
}

/** What plays `nebulift worker`. */
export const trainer = fileURLToPath(new URL('trainer.ts', import.meta.url))

export interface TrainingJob {
  readonly ranks: number
  /** See trainer.ts. */
  readonly plan: string
  readonly spec?: object
  readonly pod?: object
  readonly env?: readonly { readonly name: string; readonly value: string }[]
}

/** A job as the builders make it, in short. */
export function trainingJob(
  name: string,
  { ranks, plan, spec, pod, env = [] }: TrainingJob,
): KubeObject {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { 'app.kubernetes.io/name': 'nebulift' } },
    spec: {
      completionMode: 'Indexed',
      completions: ranks,
      parallelism: ranks,
      backoffLimit: 16,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
          {
            action: 'FailJob',
            onExitCodes: { containerName: 'trainer', operator: 'In', values: [2, 42] },
          },
        ],
      },
      ...spec,
      template: {
        metadata: { labels: { 'nebulift.io/job': name } },
        spec: {
          subdomain: name,
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: 'trainer',
              image: 'nebulift:test',
              command: [process.execPath, trainer],
              env: [
                { name: 'MASTER_ADDR', value: `${name}-0.${name}` },
                { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
                { name: 'PLAN', value: plan },
                ...env,
              ],
            },
          ],
          ...pod,
        },
      },
    },
  }
  return job
}

/** Until something is so; what it says is for the error when it never is. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await sleep(10)
  }
}
