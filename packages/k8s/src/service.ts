import { checkCount, checkKnown, checkLabel, checkPath } from './check.ts'
import { type Labels, labelsOf, type Manifest, podsOf } from './manifest.ts'
import { serviceMonitor } from './monitors.ts'
import { networkPolicy, openMetrics } from './network.ts'
import { claimMount, metricsPort, type PodPlan, type Port, podTemplate } from './pod.ts'
import { checkStorage, type Storage, type StorageOptions, storageManifests } from './storage.ts'
import {
  accountManifests,
  checkWorkload,
  commonPod,
  type Workload,
  type WorkloadOptions,
  workloadDefaults,
  workloadOptions,
} from './workload.ts'

/** A program that answers HTTP. */
export interface ServiceOptions extends WorkloadOptions {
  /** Arguments of `nebulift`. */
  readonly args: readonly string[]
  /** Where the program listens. Default 8080. */
  readonly port?: number
  /** Answers 200 where the program is well. Default `/healthz`. */
  readonly healthPath?: string
  /** Default 2. */
  readonly minReplicas?: number
  /** Default 6. */
  readonly maxReplicas?: number
  /** Percent of the requested processors at which more pods are started. Default 70. */
  readonly cpuPercent?: number
  /** Mounted read-only at `/data`. Default: nothing is. */
  readonly data?: StorageOptions
  /** Namespaces whose pods may call it. Default: its own. */
  readonly callers?: readonly string[]
}

/** What is not said of a service. */
export const serviceDefaults = {
  ...workloadDefaults,
  port: 8080,
  healthPath: '/healthz',
  minReplicas: 2,
  maxReplicas: 6,
  cpuPercent: 70,
} as const satisfies Omit<ServiceOptions, 'name' | 'image' | 'args'>

interface Service extends Workload {
  readonly args: readonly string[]
  readonly port: number
  readonly healthPath: string
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly cpuPercent: number
  readonly data?: Storage
  readonly callers: readonly string[]
}

/**
 * Everything one service needs in its namespace, in the order in which it is applied.
 * @throws K8sError `BAD_OPTION`
 */
export function serviceManifests(options: ServiceOptions): Manifest[] {
  const service = complete(options)
  check(options, service)
  const { name, namespace, monitoring, monitoringNamespace, data } = service
  const labels = labelsOf(name, 'service')
  const pods = podsOf(name)
  const http: Port = { name: 'http', port: service.port }
  return [
    ...accountManifests(service, labels),
    ...(data ? storageManifests(data, { namespace, name: `${name}-data`, labels }) : []),
    networkPolicy({
      ...{ name, namespace, labels, pods, peers: [] },
      open: [
        ...service.callers.map((from) => ({ from, port: http })),
        ...openMetrics(monitoring, monitoringNamespace),
      ],
      egress: service.egress ?? [],
    }),
    clusterService(service, labels),
    deployment(service, labels),
    autoscaler(service, labels),
    disruptionBudget(service, labels),
    ...(monitoring ? [serviceMonitor(service, labels)] : []),
  ]
}

function complete(options: ServiceOptions): Service {
  const { data, ...rest } = options
  const namespace = options.namespace ?? serviceDefaults.namespace
  const storage: Storage = { size: '10Gi', accessMode: 'ReadWriteMany', ...data }
  return { ...serviceDefaults, callers: [namespace], ...rest, ...(data && { data: storage }) }
}

const known: readonly string[] = [
  ...workloadOptions,
  ...['port', 'healthPath', 'minReplicas', 'maxReplicas', 'cpuPercent', 'data', 'callers'],
]

function check(options: ServiceOptions, service: Service): void {
  checkKnown('service', options, known)
  checkWorkload(service)
  checkCount('port', service.port, [1024, 65_535])
  checkPath('healthPath', service.healthPath)
  checkCount('minReplicas', service.minReplicas, [1, 1000])
  checkCount('maxReplicas', service.maxReplicas, [service.minReplicas, 1000])
  checkCount('cpuPercent', service.cpuPercent, [1, 100])
  if (service.data) checkStorage('data', service.data)
  service.callers.forEach((caller, index) => {
    checkLabel(`callers[${index}]`, caller)
  })
}

function clusterService(service: Service, labels: Labels): Manifest {
  const { name, namespace, monitoring } = service
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: {
      type: 'ClusterIP',
      selector: podsOf(name),
      ports: [
        { name: 'http', port: 80, targetPort: 'http' },
        ...(monitoring
          ? [{ name: metricsPort.name, port: metricsPort.port, targetPort: metricsPort.name }]
          : []),
      ],
    },
  }
}

function deployment(service: Service, labels: Labels): Manifest {
  const { name, namespace } = service
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      // Replicas are the autoscaler's.
      revisionHistoryLimit: 3,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: podsOf(name) },
      template: podTemplate(podPlan(service, labels)),
    },
  }
}

function podPlan(service: Service, labels: Labels): PodPlan {
  const { name, data } = service
  const common = commonPod(service, labels)
  const httpGet = { path: service.healthPath, port: 'http' }
  const mount = { path: '/data', readOnly: true }
  return {
    ...common,
    container: 'server',
    args: service.args,
    ports: [{ name: 'http', port: service.port }, metricsPort],
    mounts: [
      ...(data ? [claimMount('data', data.claim ?? `${name}-data`, mount)] : []),
      ...common.mounts,
    ],
    probes: {
      // Two minutes to load a model on a small machine.
      startupProbe: { httpGet, periodSeconds: 5, failureThreshold: 24 },
      readinessProbe: { httpGet, periodSeconds: 5 },
      livenessProbe: { httpGet, periodSeconds: 20, failureThreshold: 3 },
    },
    spread: {
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: podsOf(name) },
    },
    graceSeconds: 30,
  }
}

function autoscaler(service: Service, labels: Labels): Manifest {
  const { name, namespace, cpuPercent } = service
  const target = { type: 'Utilization', averageUtilization: cpuPercent }
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace, labels },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: service.minReplicas,
      maxReplicas: service.maxReplicas,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  }
}

/** Machines are emptied one at a time. */
function disruptionBudget({ name, namespace }: Service, labels: Labels): Manifest {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: podsOf(name) } },
  }
}
