import { checkKnown, checkLabel } from './check.ts'
import type { Manifest } from './manifest.ts'
import { panels } from './panels.ts'

/** Where the dashboard goes. */
export interface DashboardOptions {
  /** Where Grafana's sidecar looks for dashboards. Default `monitoring`. */
  readonly namespace?: string
}

/**
 * A Grafana dashboard of training on a cluster, as a ConfigMap with the label `grafana_dashboard` that the sidecar of
 * kube-prometheus-stack looks for.
 * @throws K8sError `BAD_OPTION`
 */
export function dashboardManifests(options: DashboardOptions = {}): Manifest[] {
  checkKnown('dashboard', options, ['namespace'])
  const { namespace = 'monitoring' } = options
  checkLabel('namespace', namespace)
  const labels = { 'app.kubernetes.io/name': 'nebulift', grafana_dashboard: '1' }
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'nebulift-dashboard', namespace, labels },
      data: { 'nebulift.json': `${JSON.stringify(dashboard(), undefined, 2)}\n` },
    },
  ]
}

function dashboard(): Record<string, unknown> {
  return {
    uid: 'nebulift-training',
    title: 'Nebulift training',
    tags: ['nebulift'],
    // Dashboards of this schema are read by Grafana 10 and newer.
    schemaVersion: 39,
    editable: true,
    refresh: '15s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [source(), job()] },
    panels: panels(),
  }
}

function source(): Record<string, unknown> {
  return { name: 'source', label: 'Data source', type: 'datasource', query: 'prometheus' }
}

function job(): Record<string, unknown> {
  const query = 'label_values(nebulift_world_size, nebulift_job)'
  return {
    name: 'job',
    label: 'Job',
    type: 'query',
    datasource: { type: 'prometheus', uid: '$source' },
    query: { query, refId: 'job' },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: false,
    includeAll: false,
  }
}
