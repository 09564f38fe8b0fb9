import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/manifest.ts'
import { apply } from '../../src/node/apply.ts'
import { removeJob } from '../../src/node/removeJob.ts'
import { serviceManifests } from '../../src/service.ts'
import { trainingManifests } from '../../src/training.ts'
import { client, double } from './setting.ts'

const options = { name: 'night', image: 'nebulift:test', namespace: 'default' }
const training = trainingManifests({
  ...{ ...options, config: { a: '1' }, monitoring: true },
  data: { nfs: { server: 'nas', path: '/frames' } },
})
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'night', namespace: 'default', labels: training[0]!.metadata.labels! },
}

async function cluster(...objects: Manifest[]) {
  const there = await double()
  const connected = await client(there.kubeconfig())
  await apply(connected, objects)
  const has = ({ kind, metadata }: Manifest) =>
    there.store.get(kind, metadata.namespace, metadata.name) !== undefined
  return { connected, left: () => objects.filter(has).map(({ kind }) => kind) }
}

describe('removeJob', () => {
  it('takes all that the builders made for it, but for volumes, claims and secrets', async () => {
    const { connected, left } = await cluster(...training, secret)
    const gone = await removeJob(connected, 'night')
    expect(gone[0]).toBe('Job/night')
    expect(left()).toEqual([
      ...['PersistentVolume', 'PersistentVolumeClaim', 'PersistentVolumeClaim', 'Secret'],
    ])
    expect(gone).toHaveLength(training.length - 3)
  })

  it('takes what is left of a job that Kubernetes deleted', async () => {
    const [account] = training
    const { connected } = await cluster(account!)
    expect(await removeJob(connected, 'night')).toEqual(['ServiceAccount/night'])
    await expect(removeJob(connected, 'night')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'namespace default has no job night',
    })
  })

  it('refuses the job of somebody else, with all of that name', async () => {
    const unlabelled = training.map(({ metadata, ...manifest }): Manifest => {
      const { labels, ...rest } = metadata
      return { ...manifest, metadata: manifest.kind === 'Job' ? rest : metadata } as Manifest
    })
    const { connected, left } = await cluster(...unlabelled)
    await expect(removeJob(connected, 'night')).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringMatching(/^delete Job night: .*app\.kubernetes\.io\/name: nebulift$/),
    })
    expect(left()).toEqual(training.map(({ kind }) => kind))
  })

  it('leaves what others called the same, and a service of ours', async () => {
    const job = training.find(({ kind }) => kind === 'Job')!
    const metadata = { name: 'night-config', namespace: 'default' }
    const config: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
    const service = serviceManifests({ ...options, args: ['serve'] })
    const { connected, left } = await cluster(config, ...service, job)
    expect(await removeJob(connected, 'night')).toEqual(['Job/night'])
    expect(left()).toEqual([config, ...service].map(({ kind }) => kind))
  })
})
