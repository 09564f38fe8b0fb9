import { type DashboardOptions, dashboardManifests } from '../src/dashboard.ts'
import { type JudgingOptions, judgingManifests } from '../src/judging.ts'
import type { Manifest } from '../src/manifest.ts'
import { type NamespaceOptions, namespaceManifests } from '../src/namespace.ts'
import { type ServiceOptions, serviceManifests } from '../src/service.ts'
import { type TrainingOptions, trainingManifests } from '../src/training.ts'

const image = 'ghcr.io/nebulift/nebulift:1.0.0'
const nfs = { server: 'nas.local', path: '/volume1/frames' }

const trainings: Readonly<Record<string, TrainingOptions>> = {
  'training, nothing said': { name: 'train', image },
  'training on four Pis': { name: 'train', image, profile: 'rpi5', workers: 4, monitoring: true },
  'training with everything said': {
    name: 'nights-2026',
    namespace: 'astro',
    image: `registry.local:5000/a/b_c@sha256:${'0123456789abcdef'.repeat(4)}`,
    imagePullSecret: 'registry',
    profile: 'rpi5',
    resources: { cpu: '3500m', memory: '6Gi' },
    env: { NODE_OPTIONS: '--max-old-space-size=2048', EMPTY: '', YES: 'yes' },
    config: { 'labels.csv': 'frame,label\na,yes\n\n', 'note.txt': '# no\tcomment' },
    monitoring: true,
    monitoringNamespace: 'observability',
    egress: [
      { cidr: '192.168.1.20/32', port: 9000 },
      { cidr: 'fd00::/8', port: 443 },
    ],
    workers: 8,
    minWorkers: 4,
    args: ['worker', '/data', '--epochs', '30', '--batch', '16'],
    data: { nfs, size: '2Ti' },
    checkpoints: { storageClass: 'longhorn', size: '5Gi' },
    tokenSecret: 'ring-token',
    backoffLimit: 4,
    activeDeadlineSeconds: 2_592_000,
    ttlSecondsAfterFinished: 0,
    queue: 'pis',
  },
  'training alone, on claims that stand': {
    ...{ name: 'alone', image, workers: 1, data: { claim: 'frames' } },
    ...{ checkpoints: { accessMode: 'ReadWriteOnce' }, resources: { cpu: '500m' } },
  },
  'training by JobSet': {
    ...{ name: 'train', image, target: 'jobset', workers: 3, queue: 'q', monitoring: true },
  },
  'training by Kubeflow Trainer': {
    ...{ name: 'train', image, target: 'trainer', workers: 4, profile: 'rpi5', monitoring: true },
    ...{ config: { a: 'b' }, env: { A: '1' }, imagePullSecret: 'registry', data: { nfs } },
  },
}

const judgings: Readonly<Record<string, JudgingOptions>> = {
  'judging, nothing said': { name: 'judge', image },
  'judging with everything said': {
    ...{ name: 'judge', namespace: 'astro', image, profile: 'rpi5', monitoring: true },
    ...{ shards: 500, parallel: 16, backoffLimitPerShard: 1, maxFailedShards: 0 },
    ...{ enoughShards: 490, queue: 'pis', args: ['batch', '/data', '/out', '--json'] },
    ...{ data: { nfs }, output: { claim: 'verdicts' }, config: { 'a.json': '{"a": 1}' } },
    ...{ env: { TZ: 'UTC' }, egress: [{ cidr: '10.0.0.0/8', port: 443 }] },
    ...{ activeDeadlineSeconds: 60, ttlSecondsAfterFinished: 60, imagePullSecret: 'registry' },
  },
  'judging in one shard': { name: 'judge', image, shards: 1, output: { storageClass: 'local' } },
}

const services: Readonly<Record<string, ServiceOptions>> = {
  'service, little said': { name: 'web', image, args: ['serve', '--port', '8080'] },
  'service with everything said': {
    ...{ name: 'web', namespace: 'astro', image, profile: 'rpi5', monitoring: true },
    ...{ args: ['serve'], port: 3000, healthPath: '/live', minReplicas: 1, maxReplicas: 3 },
    ...{ cpuPercent: 50, data: { nfs }, callers: ['ingress-nginx', 'astro'] },
    ...{ config: { 'a.txt': 'x' }, env: { A: 'b' }, egress: [{ cidr: '0.0.0.0/0', port: 443 }] },
    ...{ resources: { memory: '1Gi' }, imagePullSecret: 'registry' },
  },
  'service on a claim': { name: 'web', image, args: [], data: { claim: 'models' } },
}

const namespaces: Readonly<Record<string, NamespaceOptions>> = {
  'namespace, nothing said': {},
  'namespace with everything said': {
    namespace: 'astro',
    quota: { cpu: '16', memory: '64Gi', pods: 100 },
    maxPerContainer: { cpu: '4', memory: '8Gi' },
    operators: ['ada', 'oidc:grace@example.org'],
  },
}

const dashboards: Readonly<Record<string, DashboardOptions>> = {
  'dashboard, nothing said': {},
  'dashboard elsewhere': { namespace: 'observability' },
}

/** One set of options, what is made of them, and which part of the chart makes the same. */
export interface Example {
  readonly title: string
  readonly part: 'training' | 'judging' | 'service' | 'namespace' | 'dashboard'
  readonly options: Readonly<Record<string, unknown>>
  readonly manifests: readonly Manifest[]
}

function examplesOf<Options extends object>(
  part: Example['part'],
  sets: Readonly<Record<string, Options>>,
  build: (options: Options) => Manifest[],
): Example[] {
  return Object.entries(sets).map(([title, options]) => ({
    ...{ title, part, options: Object.fromEntries(Object.entries(options)) },
    manifests: build(options),
  }))
}

/** Sets of options that between them say everything that can be said. */
export const examples: readonly Example[] = [
  ...examplesOf('training', trainings, trainingManifests),
  ...examplesOf('judging', judgings, judgingManifests),
  ...examplesOf('service', services, serviceManifests),
  ...examplesOf('namespace', namespaces, namespaceManifests),
  ...examplesOf('dashboard', dashboards, dashboardManifests),
]

/** Every object there is an example of. */
export const allManifests: readonly Manifest[] = examples.flatMap(({ manifests }) => manifests)
