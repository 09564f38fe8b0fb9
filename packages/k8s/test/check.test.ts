import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkBytes, checkCpu, checkImage, checkName, checkRange } from '../src/check.ts'
import { K8sError } from '../src/errors.ts'
import { judgingManifests } from '../src/judging.ts'
import { namespaceManifests } from '../src/namespace.ts'
import { threadsOf } from '../src/profiles.ts'
import { serviceManifests } from '../src/service.ts'
import { trainingManifests } from '../src/training.ts'

const good = (check: (option: string, value: unknown) => void, value: unknown) => {
  try {
    check('x', value)
    return true
  } catch (error) {
    if (error instanceof K8sError && error.code === 'BAD_OPTION') return false
    throw error
  }
}

describe('names', () => {
  it('are DNS-1123 labels that begin with a letter', () => {
    const unit = fc.constantFrom(...'abz019-_.A')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 45 }), (name) => {
        const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)
        expect(good(checkName, name)).toBe(label && /^[a-z]/.test(name) && name.length <= 40)
      }),
    )
  })

  // JobSet refuses a set whose pods, `<name>-node-0-<index>-<five letters>`, would have longer names.
  it('leave room for what is appended', () =>
    expect(`${'a'.repeat(40)}-node-0-1023-abcde`.length).toBeLessThanOrEqual(63))
})

it.each([
  ...['nebulift', 'nebulift:1.0.0', 'ghcr.io/a/b:v1', 'localhost:5000/a', 'a/b/c/d:x_y.z-1'],
  ...[`r.io/a@sha256:${'0'.repeat(64)}`, `a:1@sha256:${'f'.repeat(64)}`, 'a__b/c.d-e'],
])('%s is an image', (image) => expect(good(checkImage, image)).toBe(true))

it.each([
  ...[
    '',
    'a/B',
    'A',
    'a b',
    'a:',
    ':1',
    'a:b:c/',
    'a@sha256:0',
    'a//b',
    '/a',
    'a/',
    'a:-1',
    'é',
    5,
  ],
  ...[`a:${'x'.repeat(129)}`, 'a\n'],
])('%j is none', (image) => expect(good(checkImage, image)).toBe(false))

it.each(['1', '2Gi', '0.5Ti', '100M', '1.25G'])('%s is a size', (size) =>
  expect(good(checkBytes, size)).toBe(true),
)
it.each(['', '0', '0Gi', '-1Gi', '1 Gi', '1gb', '1GiB', 'Gi', 2, '.5Gi'])('%j is none', (size) =>
  expect(good(checkBytes, size)).toBe(false),
)

it.each(['1', '0.5', '500m', '3500m', '64'])('%s are processors', (cpu) =>
  expect(good(checkCpu, cpu)).toBe(true),
)
it.each(['', '0', '0m', '1.5m', '-1', '2 cores', 2])('%j are none', (cpu) =>
  expect(good(checkCpu, cpu)).toBe(false),
)

it.each(['10.0.0.0/8', '0.0.0.0/0', '192.168.1.20/32', 'fd00::/8', '::/0'])(
  '%s is a range',
  (range) => expect(good(checkRange, range)).toBe(true),
)
it.each(['10.0.0.0', '10.0.0/8', '256.0.0.0/8', '10.0.0.0/33', 'fd00::', 'fd00::/129', 'x/8'])(
  '%s is none',
  (range) => expect(good(checkRange, range)).toBe(false),
)

it.each([
  ['2', 2],
  ['3500m', 3],
  ['500m', 1],
  ['0.5', 1],
  ['1.999', 1],
])('a limit of %s feeds %i threads', (cpu, threads) => expect(threadsOf(cpu)).toBe(threads))

const image = 'nebulift:1'

describe('a mistake is one line that names the option, what was got and what was wanted', () => {
  it.each([
    [{ name: 'T' }, 'name: got "T", wanted a DNS label: '],
    [{ image: '' }, 'image: got "", wanted an image such as '],
    [{ image: undefined }, 'image: got undefined, wanted an image such as '],
    [{ workers: 0 }, 'workers: got 0, wanted a whole number from 1 to 1024'],
    [{ workers: 2, minWorkers: 3 }, 'minWorkers: got 3, wanted a whole number from 1 to 2'],
    [{ profile: 'pi' }, 'profile: got "pi", wanted generic or rpi5'],
    [{ target: 'pod' }, 'target: got "pod", wanted job or jobset or trainer'],
    [{ worker: 4 }, 'training: the option: got "worker", wanted one of name, '],
    [
      { resources: { cpu: 2 } },
      'resources.cpu: got 2, wanted processors above zero such as 2, 0.5',
    ],
    [{ resources: { ram: 2 } }, 'resources: the option: got "ram", wanted one of cpu, memory'],
    [{ data: { size: '1 TB' } }, 'data.size: got "1 TB", wanted a quantity above zero such as 2Gi'],
    [{ data: { nfs: { server: '' } } }, 'data.nfs.server: got "", wanted a host'],
    [{ data: { nfs: { server: 'a', path: 'b' } } }, 'data.nfs.path: got "b", wanted an absolute '],
    [{ checkpoints: { accessMode: 'RWX' } }, 'checkpoints.accessMode: got "RWX", wanted ReadWrite'],
    [{ checkpoints: { accessMode: 'ReadOnlyMany' } }, 'checkpoints.accessMode: got "ReadOnlyMany"'],
    [
      { profile: 'rpi5', checkpoints: { accessMode: 'ReadWriteOnce' } },
      'checkpoints.accessMode: got "ReadWriteOnce" with 2 workers on as many machines, wanted ',
    ],
    [
      { target: 'trainer', minWorkers: 1 },
      'minWorkers: Kubeflow Trainer starts a fixed number of ',
    ],
    [{ env: { WORLD_SIZE: '1' } }, 'env.WORLD_SIZE: this variable is set from other options'],
    [{ env: { A: 1 } }, 'env.A: got 1, wanted a text'],
    [{ env: { 'A B': '1' } }, 'env: the name: got "A B", wanted one like '],
    [{ config: { '../a': '1' } }, 'config: the name: got "../a", wanted one like '],
    [{ args: 'worker' }, 'args: got "worker", wanted a list of texts'],
    [{ egress: [{ cidr: '10.0.0.1', port: 1 }] }, 'egress[0].cidr: got "10.0.0.1", wanted a range'],
    [{ monitoring: 'yes' }, 'monitoring: got "yes", wanted true or false'],
    [{ tokenSecret: 'A' }, 'tokenSecret: got "A", wanted a DNS name'],
  ])('training %j', (options, message) => {
    const all = { name: 'train', image, ...options } as Parameters<typeof trainingManifests>[0]
    expect(() => trainingManifests(all)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }))
    expect(() => trainingManifests(all)).toThrow(message)
    expect(messageOf(() => trainingManifests(all))).not.toContain('\n')
  })

  it.each([
    [() => judgingManifests({ name: 'j', image, shards: 4, parallel: 5 }), 'parallel: got 5, '],
    [
      () => judgingManifests({ name: 'j', image, shards: 4, enoughShards: 5 }),
      'enoughShards: got 5',
    ],
    [
      () => serviceManifests({ name: 's', image, args: [], port: 80 }),
      'port: got 80, wanted a whole',
    ],
    [
      () => serviceManifests({ name: 's', image, args: [], minReplicas: 7 }),
      'maxReplicas: got 6, wanted a whole number from 7 to 1000',
    ],
    [
      () => namespaceManifests({ quota: { cpu: '1', memory: '1Gi', pods: 0 } }),
      'quota.pods: got 0, wanted a whole number from 1 to 1000000',
    ],
    [() => namespaceManifests({ namespace: 'A' }), 'namespace: got "A", wanted a DNS label'],
  ])('%s', (build, message) => expect(messageOf(build)).toContain(message))
})

function messageOf(build: () => unknown): string {
  try {
    build()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}
