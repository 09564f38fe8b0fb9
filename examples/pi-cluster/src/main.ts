// From frames on a share to a classifier, trained by Raspberry Pis; see README.md. Without --apply it says what to
// expect and prints the manifests:
//   npm start -- 10.0.0.2 /astro --frames night --labels sorted/manifest.json --workers 4
import { describeScaling, estimateScaling } from '@nebulift/distributed'
import { type Manifest, toYaml } from '@nebulift/k8s'
import {
  apply,
  exitCodeOf,
  followLogs,
  formatLine,
  openCluster,
  watchJob,
} from '@nebulift/k8s/node'
import { blueprintOf, resnet18, sizeOf } from '@nebulift/model'
import { jobManifests, jobName, passExamples } from './job.ts'
import { type Options, optionsFrom, UsageError, usage } from './options.ts'

try {
  const options = optionsFrom(process.argv.slice(2))
  if (options) await run(options)
  else process.stdout.write(usage)
} catch (error) {
  process.stderr.write(`error: ${(error as Error).message}\n`)
  process.exitCode = error instanceof UsageError ? 2 : exitCodeOf(error)
}

async function run(options: Options): Promise<void> {
  const { parameters } = blueprintOf(resnet18({ classes: 2, width: options.width }))
  const numbers = [...parameters.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const expected = estimateScaling({
    modelBytes: 4 * numbers,
    passMs: options.passMs,
    passExamples,
    bandwidthBitsPerSecond: 1e9,
    nodes: Array.from({ length: options.workers }, (_, i) => i + 1),
  })
  process.stderr.write(`${describeScaling(expected)}\n`)
  const manifests = jobManifests(options)
  if (options.apply) await train(manifests)
  else process.stdout.write(toYaml(manifests))
}

async function train(manifests: readonly Manifest[]): Promise<void> {
  const cluster = await openCluster({ namespace: 'nebulift' })
  const onLine: Parameters<typeof followLogs>[2]['onLine'] = (line) => {
    process.stdout.write(`${formatLine(line)}\n`)
  }
  try {
    await apply(cluster, manifests)
    const logs = followLogs(cluster, jobName, { onLine })
    await watchJob(cluster, jobName)
    await logs
  } finally {
    cluster.close()
  }
}
