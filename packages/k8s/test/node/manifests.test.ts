import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { judgingManifests } from '../../src/judging.ts'
import { namespaceManifests } from '../../src/namespace.ts'
import { apply } from '../../src/node/apply.ts'
import { jobStatus, watchJob } from '../../src/node/jobView.ts'
import { remove } from '../../src/node/remove.ts'
import { scale } from '../../src/node/scale.ts'
import { trainingManifests } from '../../src/training.ts'
import { toYaml } from '../../src/yaml.ts'
import { client, double, scratch, trainer, until, write } from './setting.ts'

// What the builders make, run.

const programs = { nebulift: [process.execPath, trainer] }
const image = 'registry.local/nebulift:1.0.0'
const namespace = namespaceManifests({ operators: ['astronomer'] })

const token = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'nebulift-token', namespace: 'nebulift' },
  stringData: { token: 'for the tests' },
}

describe('manifests of the builders', () => {
  it('train: applied, scaled within their bounds, completed, deleted', async () => {
    const there = await double({ programs })
    const cluster = await client(there.kubeconfig(), { namespace: 'nebulift' })
    const plan = scratch()
    const manifests = trainingManifests({
      name: 'train',
      image,
      workers: 3,
      minWorkers: 2,
      env: { PLAN: plan },
    })
    const applied = await apply(cluster, [...namespace, ...manifests])
    expect(applied.flatMap(({ warnings }) => warnings)).toEqual([])
    await until('they wait', async () => (await jobStatus(cluster, 'train')).problems.length > 0)
    expect((await jobStatus(cluster, 'train')).problems).toEqual([
      'ranks 0, 1, 2: FailedMount: MountVolume.SetUp failed for volume "token" : secret "nebulift-token" not found',
    ])
    await apply(cluster, [token])
    await until('all run', async () => (await jobStatus(cluster, 'train')).ready === 3)
    await scale(cluster, 'train', { ranks: 2 })
    await expect(scale(cluster, 'train', { ranks: 1 })).rejects.toThrow('made for 2 to 3 ranks')
    await until('two are left', async () => (await jobStatus(cluster, 'train')).ranks.length === 2)
    write(plan, 'end', '')
    expect(await watchJob(cluster, 'train')).toMatchObject({
      state: 'Complete',
      completedIndexes: '0,1',
    })
    const removed = await remove(cluster, manifests)
    expect(removed[0]).toBe('Job/train')
    expect(there.store.list('Pod').length + there.store.list('Service').length).toBe(0)
  })

  it('judge: shards are done a few at a time', async () => {
    const there = await double({ programs })
    const cluster = await client(there.kubeconfig(), { namespace: 'nebulift' })
    const plan = scratch()
    write(plan, 'end', '')
    const manifests = judgingManifests({
      name: 'judge',
      image,
      shards: 5,
      parallel: 2,
      env: { PLAN: plan },
    })
    await apply(cluster, [...namespace, ...manifests])
    expect(await watchJob(cluster, 'judge')).toMatchObject({
      succeeded: 5,
      completedIndexes: '0-4',
    })
  })

  it.skipIf(!existsSync('/usr/bin/kubectl'))('are taken by kubectl as YAML', async () => {
    const there = await double({ programs })
    const folder = scratch()
    write(folder, 'end', '')
    const manifests = trainingManifests({ name: 'train', image, workers: 2, env: { PLAN: folder } })
    const file = write(folder, 'all.yaml', toYaml([...namespace, token, ...manifests]))
    const env = { ...process.env, KUBECONFIG: write(folder, 'config', there.kubeconfig()) }
    const { stdout } = await promisify(execFile)('kubectl', ['apply', '-f', file], { env })
    expect(stdout).toContain('job.batch/train created\n')
    expect(stdout.trim().split('\n').length).toBe(namespace.length + 1 + manifests.length)
    const cluster = await client(there.kubeconfig(), { namespace: 'nebulift' })
    expect(await watchJob(cluster, 'train')).toMatchObject({ state: 'Complete' })
  })
})
