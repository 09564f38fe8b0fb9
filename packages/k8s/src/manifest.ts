/** Labels, selectors, annotations. */
export type Labels = Readonly<Record<string, string>>

/** What Kubernetes knows an object by. */
export interface Metadata {
  readonly name: string
  /** Absent on what belongs to the whole cluster. */
  readonly namespace?: string
  readonly labels?: Labels
  readonly annotations?: Labels
}

/** An object of Kubernetes as plain data, its keys in the order in which they are written. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly [field: string]: unknown
}

/** `app.kubernetes.io/…` for everything that belongs together, and the label that selects its pods. */
export function labelsOf(name: string, component: string): Labels {
  return {
    'app.kubernetes.io/name': 'nebulift',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/component': component,
    ...podsOf(name),
  }
}

/** The label by which policies, services and monitors find the pods of one workload. */
export function podsOf(name: string): Labels {
  return { 'nebulift.io/job': name }
}
