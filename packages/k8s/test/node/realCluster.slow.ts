import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgingManifests } from '../../src/judging.ts'
import { namespaceManifests } from '../../src/namespace.ts'
import { apply } from '../../src/node/apply.ts'
import type { Cluster } from '../../src/node/cluster.ts'
import { openCluster } from '../../src/node/cluster.ts'
import { jobStatus, watchJob } from '../../src/node/jobView.ts'
import { followLogs, formatLine } from '../../src/node/logs.ts'
import { remove } from '../../src/node/remove.ts'
import { scale } from '../../src/node/scale.ts'
import { serviceManifests } from '../../src/service.ts'
import { trainingManifests } from '../../src/training.ts'
import { type ControlPlane, hasControlPlane, startControlPlane } from './controlPlane.ts'
import { type NodeAgent, startNodeAgent } from './nodeAgent.ts'
import { isAlive, scratch, trainingJob, until, write } from './setting.ts'

// What endToEnd.test.ts asks of the double, asked of Kubernetes itself: its API server, its Job controller, its garbage
// collector. Skipped where tests/control-plane/build.sh has not been run.
describe.skipIf(!hasControlPlane)('a real control plane', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-control-plane-'))
  let plane: ControlPlane
  let cluster: Cluster
  let viewer: Cluster
  let node: NodeAgent

  beforeAll(async () => {
    plane = await startControlPlane(folder)
    cluster = await openCluster({ kubeconfig: write(folder, 'config', plane.kubeconfig()) })
    viewer = await openCluster({ kubeconfig: write(folder, 'viewer', plane.kubeconfig('viewer')) })
    node = await startNodeAgent(cluster, folder)
  })

  afterAll(async () => {
    await node?.close()
    cluster?.close()
    viewer?.close()
    await plane?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const pod = { nodeName: 'fake' }
  const logsOf = (name: string) => {
    const lines: string[] = []
    const onLine = (line: Parameters<typeof formatLine>[0]) => void lines.push(formatLine(line))
    const done = followLogs(cluster, name, { onLine })
    done.catch(() => {})
    return { lines, done }
  }
  const count = (lines: readonly string[], wanted: string) =>
    lines.filter((line) => line === wanted).length

  it('runs a training that loses a rank and gets it back', async () => {
    const plan = scratch()
    const job = trainingJob('nb', { ranks: 2, plan, pod })
    expect(await apply(cluster, [job])).toMatchObject([{ created: true, warnings: [] }])
    expect(await apply(cluster, [job])).toMatchObject([{ created: false }])
    await until('the job has pods', async () => (await jobStatus(cluster, 'nb')).ready === 2)
    const { lines, done } = logsOf('nb')
    const watched = watchJob(cluster, 'nb')
    await until('they meet', () => lines.includes('[1] world 2'))
    const [, victim] = (await jobStatus(cluster, 'nb')).ranks
    node.kill(victim?.pod ?? '')
    await until('they meet again', () => count(lines, '[1] world 2') === 2)
    write(plan, 'end', '')
    const report = await watched
    await done
    expect(report).toMatchObject({
      state: 'Complete',
      succeeded: 2,
      failed: 1,
      completedIndexes: '0,1',
    })
    expect(report.reason).toBe('CompletionsReached: Reached expected number of succeeded pods')
    expect(report.ranks.map(({ phase, failures }) => [phase, failures])).toEqual([
      ['Succeeded', 0],
      ['Succeeded', 1],
    ])
    expect(count(lines, '[0] rank 0 is done')).toBe(1)
    expect(await remove(cluster, [job])).toEqual(['Job/nb'])
  })

  it('fails a job at once on exit code 42', async () => {
    const plan = scratch()
    const job = trainingJob('wrong', { ranks: 2, plan, pod })
    await apply(cluster, [job])
    await until('it runs', async () => (await jobStatus(cluster, 'wrong')).ready === 2)
    write(plan, 'exit-1', '42')
    await expect(watchJob(cluster, 'wrong')).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(
        /^job wrong failed: PodFailurePolicy: Container trainer for pod default\/wrong-1-\w+ failed with exit code 42 matching FailJob rule at index 1$/,
      ),
    })
    await remove(cluster, [job])
  })

  it('scales a job that runs, and tells whose counts they are', async () => {
    const plan = scratch()
    const job = trainingJob('elastic', {
      ranks: 2,
      plan,
      pod,
      env: [{ name: 'PET_NNODES', value: '1:3' }],
    })
    await apply(cluster, [job])
    await until('two run', async () => (await jobStatus(cluster, 'elastic')).ready === 2)
    await scale(cluster, 'elastic', { ranks: 3 })
    await until('three run', async () => (await jobStatus(cluster, 'elastic')).ready === 3)
    await scale(cluster, 'elastic', { ranks: 1 })
    await until('one is left', async () => {
      const { active, ranks } = await jobStatus(cluster, 'elastic')
      return active === 1 && ranks.length === 1
    })
    await expect(apply(cluster, [job])).rejects.toMatchObject({
      code: 'CONFLICT',
      message:
        'apply Job elastic: others hold spec.completions (held by nebulift-scale), spec.parallelism (held by nebulift-scale); apply with force takes them over',
    })
    write(plan, 'end', '')
    expect(await watchJob(cluster, 'elastic')).toMatchObject({
      completions: 1,
      succeeded: 1,
      failed: 0,
    })
    await remove(cluster, [job])
  })

  it('deletes a job with its processes', async () => {
    const job = trainingJob('gone', { ranks: 2, plan: scratch(), pod })
    await apply(cluster, [job])
    await until('it runs', async () => (await jobStatus(cluster, 'gone')).ready === 2)
    const pids = [...node.pids]
    expect(pids.length).toBe(2)
    await remove(cluster, [job])
    expect(pids.filter(isAlive)).toEqual([])
    await expect(jobStatus(cluster, 'gone')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('refuses in words that are understood', async () => {
    const job = trainingJob('nb', { ranks: 1, plan: '', pod })
    await expect(apply(viewer, [job])).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'apply Job nb: user viewer@pi may not patch jobs.batch in namespace default (403)',
    })
    const strange = { ...job, spec: { ...(job as never as { spec: object }).spec, nonsense: 1 } }
    await expect(apply(cluster, [strange as never])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(
        /^apply Job nb: .*\.spec\.nonsense: field not declared in schema/,
      ),
    })
    await apply(cluster, [trainingJob('fixed', { ranks: 1, plan: '', pod })])
    await expect(
      apply(cluster, [trainingJob('fixed', { ranks: 1, plan: 'x', pod })]),
    ).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining('field is immutable'),
    })
    await remove(cluster, [trainingJob('fixed', { ranks: 1, plan: '', pod })])
    const jobSet = {
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name: 'nb' },
    }
    await expect(apply(cluster, [jobSet])).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('tells of quotas and policies', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'full' },
      spec: { hard: { pods: '0' } },
    }
    const namespaces = ['full', 'strict'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, ...(name === 'strict' && { labels }) },
    }))
    await apply(cluster, [...namespaces, quota])
    const problems = async (namespace: string) =>
      (await jobStatus({ ...cluster, namespace }, 'nb')).problems.join()
    const [full] = await apply({ ...cluster, namespace: 'full' }, [
      trainingJob('nb', { ranks: 1, plan: '', pod }),
    ])
    expect(full?.warnings).toEqual([])
    await until('the quota is told', async () => (await problems('full')) !== '')
    expect(await problems('full')).toMatch(
      /^FailedCreate: Error creating: pods "nb-0-\w+" is forbidden: (exceeded quota: none|status unknown for quota)/,
    )
    const [strict] = await apply({ ...cluster, namespace: 'strict' }, [
      trainingJob('nb', { ranks: 1, plan: '', pod }),
    ])
    expect(strict?.warnings.join()).toMatch(
      /^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
    )
    await until('the policy is told', async () => (await problems('strict')) !== '')
    expect(await problems('strict')).toMatch(
      /^FailedCreate: .*violates PodSecurity "restricted:latest"/,
    )
  })

  it('takes all that the builders make, without a warning', async () => {
    const image = 'registry.local/nebulift:1.0.0'
    const namespace = namespaceManifests({ operators: ['astronomer'] })
    const manifests = [
      ...trainingManifests({ name: 'train', image, profile: 'rpi5', workers: 4, minWorkers: 2 }),
      ...judgingManifests({ name: 'judge', image, profile: 'generic' }),
      ...serviceManifests({ name: 'serve', image, args: ['serve'] }),
    ]
    const applied = [
      ...(await apply(cluster, namespace)),
      ...(await apply(cluster, manifests, { dryRun: true })),
    ]
    expect(applied.length).toBe(namespace.length + manifests.length)
    expect(
      applied.flatMap(({ kind, warnings }) => warnings.map((warning) => `${kind}: ${warning}`)),
    ).toEqual([])
  })
})
