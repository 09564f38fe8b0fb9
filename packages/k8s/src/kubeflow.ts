import { type Labels, labelsOf, type Manifest } from './manifest.ts'
import { mountsOf, type PodPlan, podTemplate, volumesOf } from './pod.ts'
import { jobSpec, queued, type Training } from './trainingJob.ts'

const runtimeName = ({ profile }: Training) => `nebulift-${profile}`

/**
 * What every training of a profile has in common, for the whole cluster. The `torch` policy gives each pod
 * `PET_NNODES`, `PET_NODE_RANK`, `PET_MASTER_ADDR` and `PET_MASTER_PORT`.
 */
export function clusterTrainingRuntime(training: Training, plan: PodPlan): Manifest {
  const name = runtimeName(training)
  const labels: Labels = {
    'app.kubernetes.io/name': 'nebulift',
    'app.kubernetes.io/component': 'training',
  }
  const { serviceAccountName: _, args: __, ...shared } = plan
  const template = podTemplate({
    ...shared,
    labels,
    env: plan.env.filter((variable) => 'valueFrom' in variable),
    mounts: [],
    spread: {
      whenUnsatisfiable: plan.spread.whenUnsatisfiable,
      labelSelector: { matchLabels: labels },
      matchLabelKeys: ['jobset.sigs.k8s.io/jobset-name'],
    },
  })
  const node = {
    name: 'node',
    template: {
      metadata: { labels: { 'trainer.kubeflow.org/trainjob-ancestor-step': 'trainer' } },
      // As many as the TrainJob says.
      spec: jobSpec({ ...training, workers: 1 }, template, plan.container),
    },
  }
  return {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'ClusterTrainingRuntime',
    metadata: { name, labels: labelsOf(name, 'training') },
    spec: {
      mlPolicy: { numNodes: 1, torch: { numProcPerNode: 1 } },
      template: { spec: { replicatedJobs: [node] } },
    },
  }
}

/** One training: image, arguments, volumes, number of nodes. */
export function trainJob(training: Training, plan: PodPlan): Manifest {
  const { resources } = plan.profile
  return {
    apiVersion: 'trainer.kubeflow.org/v1alpha1',
    kind: 'TrainJob',
    metadata: queued(training, plan.labels),
    spec: {
      runtimeRef: {
        apiGroup: 'trainer.kubeflow.org',
        kind: 'ClusterTrainingRuntime',
        name: runtimeName(training),
      },
      trainer: {
        image: plan.image,
        command: ['nebulift'],
        args: plan.args,
        env: plan.env.filter((variable) => 'value' in variable),
        numNodes: training.workers,
        resourcesPerNode: { requests: resources, limits: resources },
      },
      podSpecOverrides: [
        {
          targetJobs: [{ name: 'node' }],
          serviceAccountName: plan.serviceAccountName,
          volumes: volumesOf(plan.mounts),
          containers: [{ name: plan.container, volumeMounts: mountsOf(plan.mounts) }],
        },
      ],
    },
  }
}
