import { type Command, Option } from 'commander'
import { wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'
import { withSharingOptions, withTrainingOptions } from './train.ts'

const count = (most: number) => wholeNumber(1, most)

/** Which cluster, and where in it. */
function withClusterOptions(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'cluster and user (default: KUBECONFIG, ~/.kube/config, the pod)',
    )
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('-n, --namespace <name>', 'namespace', 'nebulift')
}

/** What pods are made of, wherever they run. */
function withPodOptions(command: Command): Command {
  return withClusterOptions(command)
    .option('--name <name>', 'name of the job and of all that belongs to it')
    .option('--image <reference>', 'image with nebulift in it', 'nebulift:dev')
    .addOption(
      new Option('--profile <machines>', 'what pods ask for and where they may run')
        .choices(['generic', 'rpi5'])
        .default('generic'),
    )
    .option('--cpu <quantity>', 'processors of a pod, such as 2 (default: those of the profile)')
    .option('--memory <quantity>', 'memory of a pod, such as 2Gi (default: that of the profile)')
    .option('--storage-class <name>', "of volumes that are made (default: the cluster's own)")
    .option('--image-pull-secret <name>', 'secret for the registry of the image')
    .option('--queue <name>', 'local queue of Kueue')
    .option('--monitoring', 'let the Prometheus Operator scrape the pods')
    .addOption(
      new Option(
        '--dry-run',
        'print the manifests as YAML (what happens unless told otherwise)',
      ).conflicts(['apply', 'watch']),
    )
    .option('--apply', 'send them to the cluster')
    .option('--watch', 'send them, follow the logs of all pods, and wait for the end')
}

export function addK8sTrain(registry: Registry): void {
  withSharingOptions(
    withTrainingOptions(
      withPodOptions(
        addCommand(registry, 'k8s-train <data>', {
          summary: 'Train a classifier in a Kubernetes cluster, such as k3s on Raspberry Pis.',
          example:
            'nebulift k8s-train nfs://10.0.0.2/astro/set --profile rpi5 --workers 4 --watch\nnebulift k8s-train claim:astro/set --workers 4 --dry-run > job.yaml',
        }),
      ),
    ),
  )
    .option(
      '--from-fits',
      '<data> holds frames: make a data set of them first, beside the checkpoints',
    )
    .option(
      '--labels <path>',
      'with --from-fits: corrected manifest.json, as a path on that storage',
    )
    .option('--workers <n>', 'pods that train together', count(1024), 2)
    .option('--min-workers <n>', 'elastic: go on with as few (default: all)', count(1024))
    .option(
      '--checkpoints <storage>',
      'where checkpoints and model go, as <data> (default: a volume that is made)',
    )
    .addOption(
      new Option('--target <kind>', 'what starts the pods')
        .choices(['job', 'jobset', 'trainer'])
        .default('job'),
    )
    .addHelpText('after', storageHelp)
    .action(withContext(registry, async () => (await import('../actions/k8sTrain.ts')).k8sTrain))
}

const storageHelp =
  '\nStorage: nfs://server/path, or claim:name[/folder] for a PersistentVolumeClaim that stands already'

export function addK8sBatch(registry: Registry): void {
  withPodOptions(
    addCommand(registry, 'k8s-batch <in> <out>', {
      summary: 'Judge a folder of frames in a Kubernetes cluster, a shard for each pod.',
      example:
        'nebulift k8s-batch nfs://10.0.0.2/astro/night nfs://10.0.0.2/astro/sorted --shards 16 --watch',
    }),
  )
    .option('--shards <n>', 'pieces of the work', count(100_000), 8)
    .option('--parallel <n>', 'pods at a time (default: 4)', count(10_000))
    .option('--recursive', 'also judge the folders inside')
    .option('--merge', 'only put the finished shards together (--watch does so by itself)')
    .addHelpText('after', storageHelp)
    .action(withContext(registry, async () => (await import('../actions/k8sBatch.ts')).k8sBatch))
}

export function addK8s(registry: Registry): void {
  const parent = registry.program
    .command('k8s')
    .description('Manifests and chart for Kubernetes; jobs in a cluster.')
  const nested: Registry = { ...registry, program: parent }
  const options = (command: Command) => withClusterOptions(command)
  // The options of the whole program (`--log`) are read from the program itself.
  const act = <Args extends readonly unknown[]>(load: Parameters<typeof withContext<Args>>[1]) =>
    withContext<Args>(registry, load)

  options(
    addCommand(nested, 'manifests <what>', {
      summary: 'Print the manifests of what every job needs: namespace, or dashboard of Grafana.',
      example: 'nebulift k8s manifests namespace | kubectl apply -f -',
    }),
  ).action(act(async () => (await import('../actions/k8s.ts')).k8sManifests))
  addCommand(nested, 'chart <folder>', {
    summary: 'Write the Helm chart, with its schema of values, into a folder.',
    example: 'nebulift k8s chart ./nebulift && helm install night ./nebulift --values mine.yaml',
  }).action(act(async () => (await import('../actions/k8s.ts')).k8sChart))
  options(
    addCommand(nested, 'scale <job>', {
      summary: 'Change how many pods of an elastic training there are (k8s-train --min-workers).',
      example: 'nebulift k8s scale night 3',
    }).argument('<workers>', 'pods from now on', count(1024)),
  ).action(act(async () => (await import('../actions/k8s.ts')).k8sScale))
  options(
    addCommand(nested, 'status <job>', {
      summary: 'How a job and its pods stand, and what is in their way.',
      example: 'nebulift k8s status night',
    }),
  )
    .option('--json', 'print the report as JSON')
    .action(act(async () => (await import('../actions/k8s.ts')).k8sStatus))
  options(
    addCommand(nested, 'logs <job>', {
      summary: 'Follow what all pods of a job say, each line with its rank.',
      example: 'nebulift k8s logs night --tail 20',
    }),
  )
    .option('--tail <n>', 'only the last lines of pods that run already', wholeNumber(0))
    .action(act(async () => (await import('../actions/k8s.ts')).k8sLogs))
  options(
    addCommand(nested, 'delete <job>', {
      summary:
        'Delete a job with its pods, after they had time for a checkpoint, and all else but volumes.',
      example: 'nebulift k8s delete night',
    }),
  ).action(act(async () => (await import('../actions/k8s.ts')).k8sDelete))
}
