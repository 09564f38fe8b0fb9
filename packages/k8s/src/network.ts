import { checkCount, checkKnown, checkRange } from './check.ts'
import type { Labels, Manifest } from './manifest.ts'
import { metricsPort, type Port } from './pod.ts'

/** Something outside that pods may speak to: an object store, a tracking server. */
export interface EgressOptions {
  /** Addresses, such as `10.0.0.0/8`. */
  readonly cidr: string
  readonly port: number
}

/** Who may speak with the pods of one workload. */
export interface NetworkPlan {
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
  /** Labels that select the workload's pods. */
  readonly pods: Labels
  /** Ports of the workload's pods that only the same workload's pods reach. */
  readonly peers: readonly Port[]
  /** Ports open to a namespace. */
  readonly open: readonly { readonly from: string; readonly port: Port }[]
  readonly egress: readonly EgressOptions[]
}

export function checkEgress(option: string, egress: readonly EgressOptions[]): void {
  egress.forEach((rule, index) => {
    checkKnown(`${option}[${index}]`, rule, ['cidr', 'port'])
    checkRange(`${option}[${index}].cidr`, rule.cidr)
    checkCount(`${option}[${index}].port`, rule.port, [1, 65_535])
  })
}

/** The metrics, open to the namespace in which Prometheus runs; closed without monitoring. */
export function openMetrics(monitoring: boolean, from: string): NetworkPlan['open'] {
  return monitoring ? [{ from, port: metricsPort }] : []
}

const tcp = (port: number) => ({ protocol: 'TCP', port })

function namespaceCalled(name: string): Record<string, unknown> {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } }
}

/** What is named is allowed, and nothing else, whatever else the namespace allows. */
export function networkPolicy(plan: NetworkPlan): Manifest {
  const pods = { matchLabels: plan.pods }
  const ring = plan.peers.map(({ port }) => tcp(port))
  const dns = {
    to: [
      {
        ...namespaceCalled('kube-system'),
        podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
      },
    ],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: plan.name, namespace: plan.namespace, labels: plan.labels },
    spec: {
      podSelector: pods,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        ...(ring.length > 0 ? [{ from: [{ podSelector: pods }], ports: ring }] : []),
        ...plan.open.map(({ from, port }) => ({
          from: [namespaceCalled(from)],
          ports: [tcp(port.port)],
        })),
      ],
      egress: [
        dns,
        ...(ring.length > 0 ? [{ to: [{ podSelector: pods }], ports: ring }] : []),
        ...plan.egress.map(({ cidr, port }) => ({
          to: [{ ipBlock: { cidr } }],
          ports: [tcp(port)],
        })),
      ],
    },
  }
}

/** Nothing comes in and nothing goes out, but for what other policies of the namespace allow. */
export function denyAll(namespace: string, labels: Labels): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'default-deny', namespace, labels },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  }
}
