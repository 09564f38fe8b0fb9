import { describe, expect, it } from 'vitest'
import { apply } from '../../../src/node/apply.ts'
import { jobStatus, watchJob } from '../../../src/node/jobView.ts'
import { client, double, isAlive, trainingJob, until } from '../setting.ts'
import { indexRanges, parseRanges } from './indexes.ts'
import type { JobObject } from './types.ts'

// The double against the documentation of Kubernetes' Jobs: a test that it passes should mean something on a cluster.

/** A job whose pods end with these codes, by index: one code for each try, the last for all after it. */
function jobOf(name: string, codes: readonly (readonly number[])[], spec: object) {
  const job = trainingJob(name, {
    ranks: codes.length,
    plan: '',
    spec: { podFailurePolicy: undefined, ...spec },
  })
  const [container] = (job as never as JobObject).spec.template.spec.containers
  const list = codes.map((each) => each.join(' ')).join(';')
  const script = `
    [ -n "$SLOW" ] && [ "$JOB_COMPLETION_INDEX" = "$SLOW" ] && sleep 60
    codes=$(echo "${list}" | cut -d';' -f$((JOB_COMPLETION_INDEX + 1)))
    mkdir -p /state; tries=$(ls /state | grep -c "^$JOB_COMPLETION_INDEX-"); touch "/state/$JOB_COMPLETION_INDEX-$tries"
    set -- $codes; [ $tries -ge $# ] && tries=$(($# - 1)); shift $tries; exit $1`
  if (container) {
    // The script's own paths are no arguments, and are not mapped: the folder comes by the environment.
    container.command = ['sh', '-c', script.replaceAll('/state', '$STATE')]
    container.env?.push({ name: 'STATE', value: '/state' })
    container.volumeMounts = [{ name: 'state', mountPath: '/state' }]
    ;(job as never as JobObject).spec.template.spec.volumes = [
      { name: 'state', persistentVolumeClaim: { claimName: 'state' } },
    ]
  }
  return job
}

const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'state' } }

async function run(codes: readonly (readonly number[])[], spec: object) {
  const there = await double({ backoffMs: 5 })
  const cluster = await client(there.kubeconfig())
  await apply(cluster, [claim, jobOf('work', codes, spec)])
  await watchJob(cluster, 'work').catch(() => {})
  const { status } = there.store.get<JobObject>('Job', 'default', 'work') as JobObject
  const ended = status.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')
  return { there, status, ended: `${ended?.type} ${ended?.reason}` }
}

const ok = [0]

describe('Indexed Jobs of the double', () => {
  it('complete once every index has succeeded', async () => {
    const { status, ended } = await run([ok, [1, 1, 0], ok, ok], {})
    expect(ended).toBe('Complete CompletionsReached')
    expect(status).toMatchObject({ succeeded: 4, failed: 2, active: 0, completedIndexes: '0-3' })
    expect(status.conditions?.map(({ type }) => type)).toEqual(['SuccessCriteriaMet', 'Complete'])
    expect(status.failedIndexes).toBeUndefined()
  })

  it('fail beyond the back-off limit', async () => {
    const { status, ended } = await run([[1], ok], { backoffLimit: 1 })
    expect(ended).toBe('Failed BackoffLimitExceeded')
    expect(status.conditions?.map(({ type }) => type)).toEqual(['FailureTarget', 'Failed'])
  })

  it('give up an index beyond its own limit, and go on with the others', async () => {
    const { status, ended } = await run([[1], [1, 0], ok], {
      backoffLimit: undefined,
      backoffLimitPerIndex: 1,
    })
    expect(ended).toBe('Failed FailedIndexes')
    expect(status).toMatchObject({
      succeeded: 2,
      failed: 3,
      completedIndexes: '1,2',
      failedIndexes: '0',
    })
  })

  it('fail with more failed indexes than allowed', async () => {
    const limits = {
      backoffLimit: undefined,
      backoffLimitPerIndex: 0,
      maxFailedIndexes: 1,
      parallelism: 1,
    }
    const { status, ended } = await run([[1], [1], ok, ok], limits)
    expect(ended).toBe('Failed MaxFailedIndexesExceeded')
    expect(status).toMatchObject({ failedIndexes: '0,1', succeeded: 0 })
  })

  it('give up an index at once where a rule says so', async () => {
    const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }]
    const limits = { backoffLimit: undefined, backoffLimitPerIndex: 3, podFailurePolicy: { rules } }
    const { status } = await run([[42], [1, 0]], limits)
    expect(status).toMatchObject({ failedIndexes: '0', completedIndexes: '1', failed: 2 })
  })

  it('are done with enough successes where the policy says so', async () => {
    const there = await double({ backoffMs: 5 })
    const cluster = await client(there.kubeconfig())
    const job = jobOf('work', [ok, ok, ok], { successPolicy: { rules: [{ succeededCount: 2 }] } })
    const [container] = (job as never as JobObject).spec.template.spec.containers
    container?.env?.push({ name: 'SLOW', value: '1' })
    await apply(cluster, [claim, job])
    await watchJob(cluster, 'work')
    const { status } = there.store.get<JobObject>('Job', 'default', 'work') as JobObject
    expect(status).toMatchObject({ succeeded: 2, completedIndexes: '0,2' })
    expect(status.conditions?.map(({ reason }) => reason)).toEqual([
      'SuccessPolicy',
      'SuccessPolicy',
    ])
    expect(there.pids).toEqual([])
  })

  it('run no more pods at a time than allowed', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await apply(cluster, [claim, jobOf('work', [ok, ok, ok, ok], { parallelism: 2 })])
    await watchJob(cluster, 'work')
    const jobs = there.store.since(0)?.filter(({ object: { kind } }) => kind === 'Job') ?? []
    const active = jobs.map(({ object }) => (object as JobObject).status.active ?? 0)
    expect(Math.max(...active)).toBe(2)
  })

  it('end at their deadline', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await apply(cluster, [
      trainingJob('slow', { ranks: 1, plan: '', spec: { activeDeadlineSeconds: 1 } }),
    ])
    await expect(watchJob(cluster, 'slow')).rejects.toThrow(
      'job slow failed: DeadlineExceeded: Job was active longer than specified deadline',
    )
    expect(there.pids).toEqual([])
  })

  it('wait while they are suspended, and stop when they are', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const job = (suspend: boolean) => trainingJob('held', { ranks: 1, plan: '', spec: { suspend } })
    await apply(cluster, [job(true)])
    await until('it is held', async () => (await jobStatus(cluster, 'held')).state === 'Suspended')
    expect(there.pods('held')).toEqual([])
    await apply(cluster, [job(false)])
    await until('it runs', async () => (await jobStatus(cluster, 'held')).state === 'Running')
    const pids = [...there.pids]
    await apply(cluster, [job(true)])
    await until('it is stopped', () => pids.every((pid) => !isAlive(pid)))
    await until('no pod is left', () => there.pods('held').length === 0)
  })

  it('go after their time', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await apply(cluster, [claim, jobOf('work', [ok], { ttlSecondsAfterFinished: 0 })])
    expect(await watchJob(cluster, 'work')).toMatchObject({ state: 'Complete' })
    await until(
      'it is gone',
      () => there.store.list('Job').length === 0 && there.pods('work').length === 0,
    )
  })

  it('that do not stop for SIGTERM are killed after their grace', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const job = trainingJob('deaf', {
      ranks: 1,
      plan: '',
      pod: { terminationGracePeriodSeconds: 1 },
    })
    const [container] = (job as never as JobObject).spec.template.spec.containers
    if (container)
      container.command = ['sh', '-c', 'trap "" TERM; echo on; while :; do sleep 0.1; done']
    await apply(cluster, [job])
    await until('it runs', () => there.pids.length === 1)
    const pids = [...there.pids]
    there.store.remove(there.pods('deaf')[0] as never, 1)
    await until(
      'another takes its place',
      () => there.pids.length === 1 && there.pids[0] !== pids[0],
    )
    expect(pids.filter(isAlive)).toEqual([])
  })
})

describe('indexes', () => {
  it.each([
    [[], ''],
    [[3], '3'],
    [[1, 0], '0,1'],
    [[0, 1, 2, 4, 6, 7, 9, 8], '0-2,4,6-9'],
  ])('%j', (indexes, text) => {
    expect(indexRanges(indexes)).toBe(text)
    expect(parseRanges(text || '0').length).toBe(indexes.length || 1)
  })
})
