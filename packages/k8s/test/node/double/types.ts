// The fields of Kubernetes objects that the double acts on; all others are kept as they came.

export interface Meta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  ownerReferences?: OwnerReference[]
  generateName?: string
  managedFields?: unknown
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface Stored {
  apiVersion: string
  kind: string
  metadata: Meta
  [field: string]: unknown
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
}

export interface EnvVar {
  name: string
  value?: string
  valueFrom?: {
    fieldRef?: { fieldPath: string }
    resourceFieldRef?: { resource: string }
    configMapKeyRef?: { name: string; key: string; optional?: boolean }
    secretKeyRef?: { name: string; key: string; optional?: boolean }
  }
}

export interface Container {
  name: string
  image?: string
  command?: string[]
  args?: string[]
  env?: EnvVar[]
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[]
  volumeMounts?: { name: string; mountPath: string; subPath?: string }[]
  resources?: { limits?: Record<string, string> }
  securityContext?: {
    allowPrivilegeEscalation?: boolean
    runAsNonRoot?: boolean
    capabilities?: { drop?: string[] }
    seccompProfile?: { type?: string }
  }
}

export interface Volume {
  name: string
  persistentVolumeClaim?: { claimName: string }
  emptyDir?: object
  secret?: { secretName: string; optional?: boolean }
  configMap?: { name: string; optional?: boolean }
}

export interface PodSpec {
  nodeName?: string
  hostname?: string
  subdomain?: string
  restartPolicy?: string
  nodeSelector?: Record<string, string>
  terminationGracePeriodSeconds?: number
  containers: Container[]
  volumes?: Volume[]
  securityContext?: Container['securityContext']
}

export interface PodStatus {
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  reason?: string
  message?: string
  podIP?: string
  startTime?: string
  conditions?: Condition[]
  containerStatuses?: {
    name: string
    ready: boolean
    restartCount: number
    image: string
    started?: boolean
    state: {
      waiting?: { reason: string; message?: string }
      running?: { startedAt: string }
      terminated?: {
        exitCode: number
        reason: string
        message?: string
        signal?: number
        startedAt?: string
        finishedAt: string
      }
    }
  }[]
}

export interface PodObject extends Stored {
  spec: PodSpec
  status: PodStatus
}

export interface FailureRule {
  action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
  onExitCodes?: { containerName?: string; operator: 'In' | 'NotIn'; values: number[] }
  onPodConditions?: { type: string; status?: string }[]
}

export interface JobSpec {
  completionMode?: string
  completions?: number
  parallelism?: number
  backoffLimit?: number
  backoffLimitPerIndex?: number
  maxFailedIndexes?: number
  activeDeadlineSeconds?: number
  ttlSecondsAfterFinished?: number
  suspend?: boolean
  podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  podFailurePolicy?: { rules: FailureRule[] }
  successPolicy?: { rules: { succeededIndexes?: string; succeededCount?: number }[] }
  template: { metadata?: Partial<Meta>; spec: PodSpec }
}

export interface JobStatus {
  active?: number
  ready?: number
  terminating?: number
  succeeded?: number
  failed?: number
  startTime?: string
  completionTime?: string
  completedIndexes?: string
  failedIndexes?: string
  conditions?: Condition[]
}

export interface JobObject extends Stored {
  spec: JobSpec
  status: JobStatus
}
