import { trainingManifests } from '@nebulift/k8s'

interface Pod {
  readonly terminationGracePeriodSeconds: number
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number }
  readonly containers: readonly {
    readonly command: readonly string[]
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
    readonly env: readonly { readonly name: string; readonly value?: string }[]
    readonly resources: { readonly limits: { readonly memory: string } }
    readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[]
  }[]
}

interface JobSpec {
  readonly backoffLimit: number
  readonly template: { readonly spec: Pod }
}

/** What a cluster runs of the same image: image and Compose must agree with it. */
export function clusterJob() {
  const manifests = trainingManifests({
    name: 'nights',
    image: 'registry.local/nebulift:1.0.0',
    profile: 'rpi5',
    workers: 4,
  })
  const job = manifests.find(({ kind }) => kind === 'Job') as unknown as { spec: JobSpec }
  const pod = job.spec.template.spec
  const [container] = pod.containers
  if (!container) throw new Error('the job has no container')
  return { job: job.spec, pod, container }
}
