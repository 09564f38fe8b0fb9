import { describe, expect, it } from 'vitest'
import type { Manifest } from '../src/manifest.ts'
import { type TrainingOptions, trainingManifests } from '../src/training.ts'

const options: TrainingOptions = { name: 'train', image: 'nebulift:1', workers: 4 }
const kinds = (manifests: readonly Manifest[]) => manifests.map(({ kind }) => kind)

// biome-ignore lint/suspicious/noExplicitAny: the tests look into what is plain data of any depth
type Any = any

function find(manifests: readonly Manifest[], kind: string): Any {
  return manifests.find((manifest) => manifest.kind === kind)
}

const envOf = (container: Any) =>
  Object.fromEntries(container.env.map(({ name, value }: Any) => [name, value ?? 'from the pod']))

describe('a training as a job', () => {
  const manifests = trainingManifests(options)
  const { spec } = find(manifests, 'Job')
  const pod = spec.template.spec
  const [container] = pod.containers

  it('is everything in the order in which it is applied', () =>
    expect(kinds(manifests)).toEqual([
      ...['ServiceAccount', 'PersistentVolumeClaim', 'PersistentVolumeClaim', 'NetworkPolicy'],
      ...['Service', 'Job'],
    ]))

  it('has a pod for each rank, and never two of one', () =>
    expect(spec).toMatchObject({
      completionMode: 'Indexed',
      completions: 4,
      parallelism: 4,
      podReplacementPolicy: 'Failed',
      template: { spec: { restartPolicy: 'Never' } },
    }))

  it('forgives a lost machine, counts failures, and ends at a mistake', () =>
    expect(spec).toMatchObject({
      backoffLimit: 16,
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailJob',
            onExitCodes: { containerName: container.name, operator: 'In', values: [2, 42] },
          },
        ],
      },
    }))

  it('tells each rank where rank 0 is, by a name that the service gives', () => {
    const service = find(manifests, 'Service')
    expect(envOf(container)).toEqual({
      WORLD_SIZE: '4',
      MASTER_ADDR: `train-0.${service.metadata.name}`,
      MASTER_PORT: '29500',
      POD_IP: 'from the pod',
      NEBULIFT_TOKEN_FILE: '/etc/nebulift/token/token',
      NEBULIFT_THREADS: '4',
    })
    expect(pod.subdomain).toBe(service.metadata.name)
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
    expect(spec.template.metadata.labels).toMatchObject(service.spec.selector)
  })

  it('asks in its arguments only for variables that are there', () => {
    const [monitored] = find(trainingManifests({ ...options, monitoring: true }), 'Job').spec
      .template.spec.containers
    const asked = monitored.args.flatMap((arg: string) => arg.match(/^\$\((.+)\)$/)?.[1] ?? [])
    expect(asked).toEqual(['NEBULIFT_THREADS', 'POD_IP'])
    expect(Object.keys(envOf(monitored))).toEqual(expect.arrayContaining(asked))
    expect(container.args).not.toContain('--metrics-port')
  })

  it('a pod that was asked to stop does not count as done', () => {
    const at = container.args.indexOf('--stop-code')
    expect(container.args.slice(at, at + 2)).toEqual(['--stop-code', '75'])
  })

  it('says the bounds of an elastic one', () => {
    const [elastic] = find(trainingManifests({ ...options, minWorkers: 2 }), 'Job').spec.template
      .spec.containers
    expect(envOf(elastic)).toMatchObject({ PET_NNODES: '2:4' })
    expect(envOf(elastic)).not.toHaveProperty('WORLD_SIZE')
  })

  it('is Guaranteed, and mounts what is there', () => {
    expect(container.resources.requests).toEqual(container.resources.limits)
    const volumes = pod.volumes.map(({ name }: Any) => name)
    expect(container.volumeMounts.map(({ name }: Any) => name)).toEqual(volumes)
    const claims = manifests.filter(({ kind }) => kind === 'PersistentVolumeClaim')
    expect(
      pod.volumes.flatMap(({ persistentVolumeClaim: claim }: Any) => claim?.claimName ?? []),
    ).toEqual(claims.map(({ metadata }) => metadata.name))
  })
})

describe('the network of a training', () => {
  const { spec } = find(trainingManifests({ ...options, monitoring: true }), 'NetworkPolicy')
  const own = [{ podSelector: { matchLabels: { 'nebulift.io/job': 'train' } } }]

  it('opens the ring to pods of the same job, and metrics to Prometheus, and nothing else', () =>
    expect(spec.ingress).toEqual([
      {
        from: own,
        ports: [
          { protocol: 'TCP', port: 29500 },
          { protocol: 'TCP', port: 29501 },
        ],
      },
      {
        from: [
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
        ],
        ports: [{ protocol: 'TCP', port: 9464 }],
      },
    ]))

  it('lets pods out to names and to each other', () => {
    expect(spec.policyTypes).toEqual(['Ingress', 'Egress'])
    expect(spec.egress).toHaveLength(2)
    expect(spec.egress[1].to).toEqual(own)
  })

  it('keeps metrics closed without monitoring', () =>
    expect(find(trainingManifests(options), 'NetworkPolicy').spec.ingress).toHaveLength(1))
})

describe('other targets', () => {
  it('JobSet: rank 0 by the name JobSet gives, all again together, no end but for a mistake', () => {
    const manifests = trainingManifests({ ...options, target: 'jobset' })
    expect(kinds(manifests)).not.toContain('Service')
    const { spec } = find(manifests, 'JobSet')
    const [{ name, template }] = spec.replicatedJobs
    const [container] = template.spec.template.spec.containers
    expect(envOf(container).MASTER_ADDR).toBe(`train-${name}-0-0.${spec.network.subdomain}`)
    expect(spec.failurePolicy).toMatchObject({
      maxRestarts: 3,
      rules: [{ action: 'FailJobSet', onJobFailureReasons: ['PodFailurePolicy'] }],
    })
  })

  it('Kubeflow Trainer: what is shared in the runtime, what is not in the job', () => {
    const manifests = trainingManifests({ ...options, target: 'trainer', profile: 'rpi5' })
    const runtime = find(manifests, 'ClusterTrainingRuntime')
    const job = find(manifests, 'TrainJob')
    expect(runtime.metadata).not.toHaveProperty('namespace')
    expect(job.spec.runtimeRef.name).toBe(runtime.metadata.name)
    expect(job.spec.trainer).toMatchObject({ numNodes: 4, image: 'nebulift:1' })
    // The torch policy sets PET_…; ours would contradict it.
    expect(envOf(job.spec.trainer)).not.toHaveProperty('WORLD_SIZE')
    expect(JSON.stringify(runtime)).not.toContain('train-')
  })

  it('Kubeflow Trainer: the runtime is the same for every training of a profile', () => {
    const of = (more: Partial<TrainingOptions>) =>
      find(trainingManifests({ ...options, target: 'trainer', ...more }), 'ClusterTrainingRuntime')
    expect(of({ name: 'other', workers: 7, data: { claim: 'x' }, args: ['y'] })).toEqual(of({}))
  })
})

describe('storage', () => {
  const volume = { nfs: { server: 'nas', path: '/frames' } }

  it('a share becomes a volume bound to its claim alone', () => {
    const manifests = trainingManifests({ ...options, data: volume })
    const { metadata, spec } = find(manifests, 'PersistentVolume')
    const claim = find(manifests, 'PersistentVolumeClaim')
    expect(spec).toMatchObject({ ...volume, persistentVolumeReclaimPolicy: 'Retain' })
    expect(spec.claimRef).toMatchObject({ namespace: 'nebulift', name: claim.metadata.name })
    expect(claim.spec).toMatchObject({ volumeName: metadata.name, storageClassName: '' })
    expect(claim.spec.accessModes).toEqual(spec.accessModes)
  })

  it('a claim that stands is used and not made', () => {
    const manifests = trainingManifests({
      ...{ ...options, data: { claim: 'frames' }, checkpoints: { claim: 'ckpt' } },
    })
    expect(kinds(manifests)).not.toContain('PersistentVolumeClaim')
    expect(JSON.stringify(find(manifests, 'Job').spec.template.spec.volumes)).toContain('"frames"')
  })
})

it('equal options give equal manifests, and options are left as they were', () => {
  const frozen = Object.freeze({ ...options, data: Object.freeze({ size: '1Gi' }) })
  expect(trainingManifests(frozen)).toEqual(trainingManifests(frozen))
})
