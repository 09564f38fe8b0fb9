import { type Labels, type Manifest, podsOf } from './manifest.ts'
import { metricsPort } from './pod.ts'
import type { Workload } from './workload.ts'

/** Every series says of which job it is, whatever runs its pods. */
function endpoint(name: string) {
  return {
    port: metricsPort.name,
    path: '/metrics',
    interval: '15s',
    relabelings: [{ action: 'replace', replacement: name, targetLabel: 'nebulift_job' }],
  }
}

/** Tells the Prometheus Operator to scrape every pod that `pods` selects. */
export function podMonitor({ name, namespace }: Workload, labels: Labels, pods: Labels): Manifest {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: pods }, podMetricsEndpoints: [endpoint(name)] },
  }
}

/** Tells the Prometheus Operator to scrape the pods behind a service. */
export function serviceMonitor({ name, namespace }: Workload, labels: Labels): Manifest {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name, namespace, labels },
    spec: { selector: { matchLabels: podsOf(name) }, endpoints: [endpoint(name)] },
  }
}
