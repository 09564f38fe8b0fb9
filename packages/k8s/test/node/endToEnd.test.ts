import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { apply } from '../../src/node/apply.ts'
import { jobStatus, watchJob } from '../../src/node/jobView.ts'
import { followLogs, formatLine } from '../../src/node/logs.ts'
import { remove } from '../../src/node/remove.ts'
import type { JobReport } from '../../src/node/report.ts'
import { scale } from '../../src/node/scale.ts'
import { adminToken, type ClusterDouble } from './double/double.ts'
import { client, double, isAlive, scratch, trainingJob, until, write } from './setting.ts'

// Ranks are real processes that speak TCP with each other; only the cluster that starts them is a double.

/** Pods of a job that run, by rank. */
function running(cluster: ClusterDouble, job: string) {
  return cluster
    .pods(job)
    .filter(({ status, metadata }) => status.phase === 'Running' && !metadata.deletionTimestamp)
    .sort((a, b) => (a.spec.hostname as string).localeCompare(b.spec.hostname as string))
}

/** All that a job says from now on, as one stream of lines. */
function logsOf(cluster: Awaited<ReturnType<typeof client>>, job: string) {
  const lines: string[] = []
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const onLine = (line: Parameters<typeof formatLine>[0]) => void lines.push(formatLine(line))
  const done = followLogs(cluster, job, { onLine, signal: stop.signal, backoffMs: 5 })
  done.catch(() => {})
  return { lines, done }
}

const count = (lines: readonly string[], wanted: string) =>
  lines.filter((line) => line === wanted).length

describe('a training', () => {
  it('loses a rank, gets it back, and is completed; its logs are followed throughout', async () => {
    const there = await double({ backoffMs: 1500 })
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    const job = trainingJob('nb', { ranks: 3, plan })
    const applied = await apply(cluster, [job])
    expect(applied).toEqual([
      { kind: 'Job', name: 'nb', namespace: 'default', created: true, warnings: [] },
    ])
    const reports: JobReport[] = []
    const watched = watchJob(cluster, 'nb', { onProgress: (report) => reports.push(report) })
    const { lines, done } = logsOf(cluster, 'nb')
    await until('three ranks meet', () =>
      [0, 1, 2].every((rank) => lines.includes(`[${rank}] world 3`)),
    )

    await until('that is told', () => reports.some(({ ready }) => ready === 3))
    const [, victim] = running(there, 'nb')
    there.kill(victim as never)
    await until('rank 1 starts again', () => count(lines, '[1] rank 1 starts') === 2)
    await until(
      'they meet again',
      () => count(lines, '[2] world 3') === 2 && count(lines, '[1] world 3') === 2,
    )
    // Connections of the client break: nothing is lost, nothing comes twice.
    there.cut()
    write(plan, 'end', '')
    const report = await watched
    await done

    expect(report).toMatchObject({
      state: 'Complete',
      succeeded: 3,
      failed: 1,
      completedIndexes: '0-2',
      problems: [],
    })
    expect(report.ranks.map(({ rank, phase, failures }) => [rank, phase, failures])).toEqual([
      [0, 'Succeeded', 0],
      [1, 'Succeeded', 1],
      [2, 'Succeeded', 0],
    ])
    expect(reports.find(({ ready }) => ready === 3)?.state).toBe('Running')
    const dead = 'rank 1: container trainer ended with exit code 137'
    expect(reports.flatMap(({ problems }) => problems)).toContain(dead)
    for (const rank of [0, 1, 2]) expect(count(lines, `[${rank}] rank ${rank} is done`)).toBe(1)
    expect(count(lines, '[0] rank 0 starts')).toBe(1)
  })

  it('that loses rank 0 meets again at the same name', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    await apply(cluster, [trainingJob('nb', { ranks: 2, plan })])
    const { lines, done } = logsOf(cluster, 'nb')
    await until('they meet', () => lines.includes('[1] world 2'))
    there.kill(running(there, 'nb')[0] as never)
    await until('they meet again', () => count(lines, '[0] world 2') === 2)
    write(plan, 'end', '')
    await watchJob(cluster, 'nb')
    await done
    expect((await jobStatus(cluster, 'nb')).failed).toBe(1)
  })

  it('fails at once on exit code 42, and the others are stopped with time for a checkpoint', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    await apply(cluster, [trainingJob('nb', { ranks: 2, plan })])
    const { lines, done } = logsOf(cluster, 'nb')
    await until('they meet', () => lines.includes('[1] world 2'))
    write(plan, 'exit-1', '42')
    await expect(watchJob(cluster, 'nb')).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(
        /^job nb failed: PodFailurePolicy: Container trainer for pod default\/nb-1-\w+ failed with exit code 42 matching FailJob rule at index 1$/,
      ),
    })
    await done
    expect(lines).toContain('[0] checkpoint written')
    expect(there.pids).toEqual([])
  })

  it('is tried again after exit code 75, until the back-off limit', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    await apply(cluster, [trainingJob('nb', { ranks: 2, plan, spec: { backoffLimit: 2 } })])
    const { lines } = logsOf(cluster, 'nb')
    const watched = watchJob(cluster, 'nb')
    watched.catch(() => {})
    for (const time of [1, 2, 3]) {
      await until(`start ${time}`, () => count(lines, '[1] rank 1 starts') === time)
      write(plan, 'exit-1', '75')
    }
    await expect(watched).rejects.toThrow(
      'job nb failed: BackoffLimitExceeded: Job has reached the specified backoff limit',
    )
    // The rank that was stopped counts too.
    expect(await jobStatus(cluster, 'nb')).toMatchObject({ state: 'Failed', failed: 4 })
  })

  it('loses no try to a drained node', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    await apply(cluster, [trainingJob('nb', { ranks: 2, plan, spec: { backoffLimit: 0 } })])
    const { lines } = logsOf(cluster, 'nb')
    await until('they meet', () => lines.includes('[1] world 2'))
    there.evict(running(there, 'nb')[1] as never)
    await until('they meet again', () => count(lines, '[1] world 2') === 2)
    expect(lines).toContain('[1] checkpoint written')
    write(plan, 'end', '')
    expect(await watchJob(cluster, 'nb')).toMatchObject({ state: 'Complete', failed: 0 })
  })

  it('is scaled up and down while it runs', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    const env = [{ name: 'PET_NNODES', value: '1:3' }]
    const job = trainingJob('nb', { ranks: 2, plan, env })
    await apply(cluster, [job])
    const { lines } = logsOf(cluster, 'nb')
    await until('two meet', () => lines.includes('[0] world 2'))
    await scale(cluster, 'nb', { ranks: 3 })
    await until('three meet', () => lines.includes('[2] world 3'))
    await scale(cluster, 'nb', { ranks: 1 })
    const worlds = () => lines.filter((line) => line.startsWith('[0] world '))
    await until('one is left', () => worlds().at(-1) === '[0] world 1')
    await until('the last to come wrote too', () => lines.includes('[2] checkpoint written'))
    await expect(scale(cluster, 'nb', { ranks: 4 })).rejects.toThrow(
      'scale job nb to 4 ranks: the job was made for 1 to 3 ranks',
    )
    // Who scaled holds the counts: applying the old ones says so.
    await expect(apply(cluster, [job])).rejects.toMatchObject({
      code: 'CONFLICT',
      message:
        'apply Job nb: others hold spec.completions (held by nebulift-scale), spec.parallelism (held by nebulift-scale); apply with force takes them over',
    })
    write(plan, 'end', '')
    const report = await watchJob(cluster, 'nb')
    expect(report).toMatchObject({ completions: 1, succeeded: 1, completedIndexes: '0', failed: 0 })
  })

  it('is deleted with everything that it started', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const job = trainingJob('nb', { ranks: 2, plan: scratch() })
    await apply(cluster, [job])
    const { lines, done } = logsOf(cluster, 'nb')
    await until('they meet', () => lines.includes('[1] world 2'))
    const pids = [...there.pids]
    expect(pids.length).toBe(2)
    expect(await remove(cluster, [job])).toEqual(['Job/nb'])
    expect(there.pods('nb')).toEqual([])
    expect(pids.filter(isAlive)).toEqual([])
    await done
    expect(lines.filter((line) => line.endsWith('checkpoint written')).length).toBe(2)
    expect(await remove(cluster, [job])).toEqual([])
    await expect(watchJob(cluster, 'nb')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('that is deleted while it is watched ends the watch', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const job = trainingJob('nb', { ranks: 1, plan: scratch() })
    await apply(cluster, [job])
    const watched = watchJob(cluster, 'nb')
    watched.catch(() => {})
    await until('it runs', () => running(there, 'nb').length === 1)
    await remove(cluster, [job], { propagation: 'background' })
    await expect(watched).rejects.toThrow('namespace default has no job nb')
    await until('its pod is gone', () => there.pods('nb').length === 0)
  })
})

describe.skipIf(!existsSync('/usr/bin/kubectl'))('kubectl', () => {
  it('makes, reads and deletes what this client watches', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const folder = scratch()
    const config = write(folder, 'config', there.kubeconfig(adminToken))
    const file = write(
      folder,
      'job.json',
      JSON.stringify(trainingJob('nb', { ranks: 2, plan: folder })),
    )
    const env = { ...process.env, KUBECONFIG: config }
    const run = promisify(execFile)
    const kubectl = async (...args: string[]) => (await run('kubectl', args, { env })).stdout.trim()
    expect(await kubectl('apply', '-f', file)).toBe('job.batch/nb created')
    expect(await kubectl('apply', '-f', file)).toBe('job.batch/nb unchanged')
    expect(await kubectl('apply', '--dry-run=client', '-f', file)).toBe(
      'job.batch/nb configured (dry run)',
    )
    expect(await kubectl('apply', '--dry-run=server', '-f', file)).toBe(
      'job.batch/nb unchanged (server dry run)',
    )
    const { lines } = logsOf(cluster, 'nb')
    await until('they meet', () => lines.includes('[1] world 2'))
    write(folder, 'end', '')
    expect(await kubectl('wait', '--for=condition=complete', 'job/nb', '--timeout=30s')).toBe(
      'job.batch/nb condition met',
    )
    const said = await kubectl('logs', '-l', 'batch.kubernetes.io/job-completion-index=1')
    expect(said.split('\n')).toContain('rank 1 is done')
    expect(await kubectl('get', 'job', 'nb', '-o', 'jsonpath={.status.completedIndexes}')).toBe(
      '0,1',
    )
    expect(await kubectl('delete', 'job', 'nb', '--cascade=foreground')).toBe(
      'job.batch "nb" deleted',
    )
    expect(there.pods('nb')).toEqual([])
    expect(await kubectl('apply', '--server-side', '-f', file)).toBe(
      'job.batch/nb serverside-applied',
    )
    await expect(
      apply(cluster, [trainingJob('nb', { ranks: 3, plan: folder })]),
    ).rejects.toMatchObject({
      message: expect.stringContaining('spec.completions (held by kubectl)'),
    })
    expect(await kubectl('delete', 'job', 'nb')).toBe('job.batch "nb" deleted')
  })
})
