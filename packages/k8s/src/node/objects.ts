// What this client reads of the objects it handles; field names are the API's.

export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
}

/** Anything that has a kind and a name, as the builders make it. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
}

/** One of an object's conditions. */
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

interface EnvVar {
  readonly name: string
  readonly value?: string
}

export interface Job extends KubeObject {
  readonly spec: {
    readonly completionMode?: string
    readonly completions?: number
    readonly parallelism?: number
    readonly suspend?: boolean
    readonly template?: {
      readonly spec: { readonly containers: readonly { readonly env?: readonly EnvVar[] }[] }
    }
  }
  readonly status?: {
    readonly active?: number
    readonly ready?: number
    readonly succeeded?: number
    readonly failed?: number
    readonly terminating?: number
    readonly completedIndexes?: string
    readonly failedIndexes?: string
    readonly conditions?: readonly Condition[]
  }
}

interface Terminated {
  readonly exitCode: number
  readonly reason?: string
  readonly message?: string
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: object
  readonly terminated?: Terminated
}

export interface ContainerStatus {
  readonly name: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
}

export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string
    readonly containers: readonly { readonly name: string }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly conditions?: readonly Condition[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** What the cluster noticed about an object. */
export interface KubeEvent extends KubeObject {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly involvedObject: { readonly kind?: string; readonly name?: string }
}

export interface List<Item> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  readonly items: readonly Item[]
}
