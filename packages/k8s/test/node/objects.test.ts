import { describe, expect, it } from 'vitest'
import { apply } from '../../src/node/apply.ts'
import { jobStatus, watchJob } from '../../src/node/jobView.ts'
import { followLogs } from '../../src/node/logs.ts'
import { remove } from '../../src/node/remove.ts'
import { scale } from '../../src/node/scale.ts'
import { client, double, scratch, trainingJob, until, write } from './setting.ts'

const map = (name: string, data: Readonly<Record<string, string>>, namespace?: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  data,
})

describe('apply', () => {
  it('makes what is missing, changes what is there, and leaves what others hold', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const [first] = await apply(cluster, [map('settings', { a: '1' })])
    expect(first).toEqual({
      kind: 'ConfigMap',
      name: 'settings',
      namespace: 'default',
      created: true,
      warnings: [],
    })
    const other = await client(there.kubeconfig())
    await other.connection.json({
      method: 'PATCH',
      path: '/api/v1/namespaces/default/configmaps/settings',
      query: { fieldManager: 'somebody' },
      contentType: 'application/merge-patch+json',
      body: { data: { b: '2' } },
      what: 'test',
    })
    expect(await apply(cluster, [map('settings', { a: '3' })])).toMatchObject([{ created: false }])
    expect(there.store.get('ConfigMap', 'default', 'settings')?.data).toEqual({ a: '3', b: '2' })
    await expect(apply(cluster, [map('settings', { b: '4' })])).rejects.toMatchObject({
      code: 'CONFLICT',
      message:
        'apply ConfigMap settings: others hold data.b (held by somebody); apply with force takes them over',
    })
    await apply(cluster, [map('settings', { b: '4' })], { force: true })
    await apply(cluster, [map('settings', { b: '5' })])
  })

  it('keeps nothing when it only tries', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    expect(await apply(cluster, [map('settings', {})], { dryRun: true })).toMatchObject([
      { created: true },
    ])
    expect(there.store.get('ConfigMap', 'default', 'settings')).toBeUndefined()
  })

  it("uses the namespace of an object, of the call, of the kubeconfig, in this order; the cluster's kinds have none", async () => {
    const there = await double()
    const inKubeconfig = there
      .kubeconfig()
      .replace('    user: tester', '    user: tester\n    namespace: astro')
    const cluster = await client(inKubeconfig)
    const other = await client(inKubeconfig, { namespace: 'nights' })
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'astro' } }
    const places = [
      ...(await apply(cluster, [namespace, map('a', {}), map('b', {}, 'own')])),
      ...(await apply(other, [map('c', {})])),
    ]
    expect(places.map((place) => place.namespace)).toEqual([undefined, 'astro', 'own', 'nights'])
  })

  it('names kinds that the cluster does not know', async () => {
    const cluster = await client((await double()).kubeconfig())
    const jobSet = {
      apiVersion: 'jobset.x-k8s.io/v1alpha2',
      kind: 'JobSet',
      metadata: { name: 'nb' },
    }
    await expect(apply(cluster, [jobSet])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message:
        'the cluster knows no JobSet of jobset.x-k8s.io/v1alpha2: its definition is not installed, or the cluster is too old',
    })
    await expect(apply(cluster, [{ ...jobSet, apiVersion: 'batch/v1' }])).rejects.toThrow(
      'knows no JobSet of batch/v1',
    )
  })

  it('says what the server finds wrong with an object', async () => {
    const cluster = await client((await double()).kubeconfig())
    await expect(apply(cluster, [map('No_Name', {})])).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(
        /^apply ConfigMap No_Name: ConfigMap "No_Name" is invalid: metadata\.name: /,
      ),
    })
    const plan = scratch()
    await apply(cluster, [trainingJob('nb', { ranks: 1, plan })])
    await expect(apply(cluster, [trainingJob('nb', { ranks: 1, plan: '/other' })])).rejects.toThrow(
      'apply Job nb: Job.batch "nb" is invalid: spec.template: Invalid value: field is immutable',
    )
  })
})

describe('what stands in the way of a job', () => {
  it('a missing claim, until it is there', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    write(plan, 'end', '')
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'nb-data' } }]
    await apply(cluster, [trainingJob('nb', { ranks: 2, plan, pod: { volumes } })])
    await until('it waits', async () => (await jobStatus(cluster, 'nb')).problems.length > 0)
    const missing =
      'ranks 0, 1: Unschedulable: 0/1 nodes are available: persistentvolumeclaim "nb-data" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
    expect(await jobStatus(cluster, 'nb')).toMatchObject({
      state: 'Waiting',
      active: 2,
      ready: 0,
      problems: [missing],
    })
    await expect(watchJob(cluster, 'nb', { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: `job nb has not ended within 0.3 s: ${missing}`,
    })
    const spec = { accessModes: ['ReadOnlyMany'], resources: { requests: { storage: '1Gi' } } }
    await apply(cluster, [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'nb-data' },
        spec,
      } as never,
    ])
    expect(await watchJob(cluster, 'nb')).toMatchObject({ state: 'Complete', problems: [] })
  })

  it('an image that cannot be pulled', async () => {
    const there = await double({ missingImages: ['nebulift:test'] })
    const cluster = await client(there.kubeconfig())
    const job = trainingJob('nb', { ranks: 1, plan: '' })
    await apply(cluster, [job])
    await until('it waits', async () => (await jobStatus(cluster, 'nb')).problems.length > 0)
    expect((await jobStatus(cluster, 'nb')).problems).toEqual([
      'rank 0: ImagePullBackOff: Back-off pulling image "nebulift:test": ErrImagePull: failed to pull and unpack image "nebulift:test": not found',
    ])
    await remove(cluster, [job])
    expect(there.pods('nb')).toEqual([])
  })

  it('no node of the wanted kind, and a secret that is not there', async () => {
    const there = await double({
      nodes: [{ name: 'pi', labels: { 'kubernetes.io/arch': 'arm64' } }],
    })
    const cluster = await client(there.kubeconfig())
    await apply(cluster, [
      trainingJob('big', {
        ranks: 1,
        plan: '',
        pod: { nodeSelector: { 'kubernetes.io/arch': 'amd64' } },
      }),
    ])
    const job = trainingJob('nb', {
      ranks: 1,
      plan: '',
      pod: { nodeSelector: { 'kubernetes.io/arch': 'arm64' } },
    })
    const [container] = (
      job as never as { spec: { template: { spec: { containers: { env: object[] }[] } } } }
    ).spec.template.spec.containers
    container?.env.push({
      name: 'TOKEN',
      valueFrom: { secretKeyRef: { name: 'token', key: 'token' } },
    })
    await apply(cluster, [job])
    const problem = async (name: string) => (await jobStatus(cluster, name)).problems[0] ?? ''
    await until(
      'they wait',
      async () => (await problem('big')) !== '' && (await problem('nb')) !== '',
    )
    expect(await problem('big')).toContain("didn't match Pod's node affinity/selector")
    expect(await problem('nb')).toBe('rank 0: CreateContainerConfigError: secret "token" not found')
    expect((await jobStatus(cluster, 'nb')).ranks).toMatchObject([
      { rank: 0, node: 'pi', phase: 'Pending' },
    ])
  })

  it('a quota: of jobs when it is applied, of pods when it runs', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: '1', 'count/jobs.batch': '1' } },
    }
    await apply(cluster, [quota])
    await apply(cluster, [trainingJob('nb', { ranks: 2, plan: scratch() })])
    await until('it is told', async () => (await jobStatus(cluster, 'nb')).problems.length > 0)
    expect((await jobStatus(cluster, 'nb')).problems[0]).toMatch(
      /^FailedCreate: Error creating: pods "nb-1-\w+" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1$/,
    )
    await expect(
      apply(cluster, [trainingJob('more', { ranks: 1, plan: '' })]),
    ).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message:
        'apply Job more: exceeded quota: small, requested: count/jobs.batch=1, used: count/jobs.batch=1, limited: count/jobs.batch=1',
    })
  })

  it('pod security: warned of when it is applied, told of when no pod can be made', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await apply(cluster, [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', labels } },
    ])
    const [{ warnings } = { warnings: [] }] = await apply(cluster, [
      trainingJob('nb', { ranks: 1, plan: '' }),
    ])
    expect(warnings).toEqual([
      expect.stringMatching(
        /^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "trainer" must set /,
      ),
    ])
    await until('it is told', async () => (await jobStatus(cluster, 'nb')).problems.length > 0)
    expect((await jobStatus(cluster, 'nb')).problems[0]).toMatch(
      /^FailedCreate: .* violates PodSecurity "restricted:latest": /,
    )
    const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
    const safe = trainingJob('safe', { ranks: 1, plan: '', pod: { securityContext } })
    const [container] = (
      safe as never as {
        spec: { template: { spec: { containers: { securityContext?: object }[] } } }
      }
    ).spec.template.spec.containers
    if (container)
      container.securityContext = {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      }
    expect(await apply(cluster, [safe])).toMatchObject([{ warnings: [] }])
  })
})

describe('scale refuses', () => {
  it.each([
    [
      { ranks: 2, plan: '', env: [{ name: 'WORLD_SIZE', value: '2' }] },
      3,
      'its template fixes 2 ranks, and a template cannot be changed',
    ],
    [
      { ranks: 2, plan: '', env: [{ name: 'PET_NNODES', value: '2:4' }] },
      5,
      'the job was made for 2 to 4 ranks',
    ],
    [
      { ranks: 2, plan: '', spec: { parallelism: 1 } },
      3,
      'only Indexed jobs with completions equal to parallelism can be scaled, got Indexed, 2 and 1',
    ],
    [{ ranks: 2, plan: '' }, 0, 'got 0 ranks, wanted a whole number from 1'],
  ])('%# %s', async (wanted, ranks, message) => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await apply(cluster, [trainingJob('nb', wanted)])
    await expect(scale(cluster, 'nb', { ranks })).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(message),
    })
  })

  it('what has ended, and what is not there', async () => {
    const cluster = await client((await double()).kubeconfig())
    const plan = scratch()
    write(plan, 'end', '')
    await apply(cluster, [trainingJob('nb', { ranks: 1, plan })])
    await watchJob(cluster, 'nb')
    await expect(scale(cluster, 'nb', { ranks: 2 })).rejects.toThrow(
      'scale job nb to 2 ranks: the job has ended (Complete)',
    )
    await expect(scale(cluster, 'gone', { ranks: 2 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('following', () => {
  it('goes on where it was after a break, and lists anew what is no longer known (410)', async () => {
    const there = await double({ bookmarkMs: 1e6 })
    const cluster = await client(there.kubeconfig())
    const plan = scratch()
    await apply(cluster, [trainingJob('nb', { ranks: 1, plan })])
    const watched = watchJob(cluster, 'nb', { backoffMs: 5 })
    const lists = () =>
      there.faults.requests.filter((each) => each.includes('/jobs?fieldSelector')).length
    const watches = () =>
      there.faults.requests.filter((each) => each.includes('/jobs?watch')).length
    await until('it watches', () => watches() === 1)
    there.cut()
    await until('it watches again', () => watches() === 2)
    expect(lists()).toBe(1)
    there.store.compact()
    there.cut()
    await until('it lists again', () => lists() === 2)
    write(plan, 'end', '')
    expect(await watched).toMatchObject({ state: 'Complete' })
  })

  it('gives up a server that stays away', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await apply(cluster, [trainingJob('nb', { ranks: 1, plan: scratch() })])
    const watched = watchJob(cluster, 'nb', { backoffMs: 5, patienceMs: 200 })
    const logs = followLogs(cluster, 'nb', { onLine: () => {}, backoffMs: 5, patienceMs: 200 })
    watched.catch(() => {})
    logs.catch(() => {})
    await until('it runs', () => there.pids.length === 1)
    await there.close()
    await expect(watched).rejects.toMatchObject({ code: 'UNREACHABLE' })
    await expect(logs).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  it('ends when it is told to', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await apply(cluster, [trainingJob('nb', { ranks: 1, plan: scratch() })])
    const stop = new AbortController()
    const { signal } = stop
    const watched = watchJob(cluster, 'nb', { signal })
    const logs = followLogs(cluster, 'nb', { onLine: () => {}, signal })
    watched.catch(() => {})
    logs.catch(() => {})
    await until('it runs', () => there.pids.length === 1)
    stop.abort(new Error('enough'))
    await expect(watched).rejects.toThrow('enough')
    await expect(logs).rejects.toThrow('enough')
  })

  it('logs needs a job, and cuts lines of any length into pieces', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await expect(followLogs(cluster, 'gone', { onLine: () => {} })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    const job = trainingJob('nb', { ranks: 1, plan: '' })
    const [container] = (
      job as never as { spec: { template: { spec: { containers: { command: string[] }[] } } } }
    ).spec.template.spec.containers
    if (container)
      container.command = [
        process.execPath,
        '-e',
        'console.log("é".repeat(200000)); console.log("end")',
      ]
    await apply(cluster, [job])
    const lines: string[] = []
    await followLogs(cluster, 'nb', { onLine: ({ text }) => void lines.push(text) })
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(65536)
    expect(lines.slice(0, -1).join('') === 'é'.repeat(200_000)).toBe(true)
    expect(lines.at(-1)).toBe('end')
  })

  it('does not wait for the logs of a node that is lost', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig(), { backoffMs: 1 })
    const plan = scratch()
    write(plan, 'end', '')
    await apply(cluster, [trainingJob('nb', { ranks: 1, plan })])
    await watchJob(cluster, 'nb')
    Object.assign(there.faults, { refuseNext: 1000, status: 500, only: /\/log$/ })
    await followLogs(cluster, 'nb', { onLine: () => {}, backoffMs: 1 })
    expect(there.faults.refuseNext).toBeLessThan(1000)
  })
})
