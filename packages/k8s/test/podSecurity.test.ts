import { describe, expect, it } from 'vitest'
import { allManifests } from './examples.ts'
import { ownShortcomings, type PodSpec, podSpecs, shortcomings } from './podSecurity.ts'

const withPods = ['Job', 'JobSet', 'Deployment', 'ClusterTrainingRuntime']
const manifests = allManifests.filter(({ kind }) => withPods.includes(kind))
const pods = manifests.flatMap(podSpecs)

describe('pod security restricted', () => {
  it('every workload has one kind of pod', () => {
    expect(manifests.length).toBeGreaterThan(10)
    expect(pods).toHaveLength(manifests.length)
  })

  it('admits every pod', () => expect(pods.flatMap(shortcomings)).toEqual([]))

  it('and so does our own rule', () =>
    expect(pods.flatMap((pod) => ownShortcomings({ ...pod }))).toEqual([]))
})

/** A pod with one field changed, or with one taken away where `value` is undefined. */
function changed(pod: PodSpec, path: readonly (string | number)[], value?: unknown): PodSpec {
  const copy = structuredClone(pod)
  const last = path.at(-1) ?? ''
  // biome-ignore lint/suspicious/noExplicitAny: any field of any depth
  const owner = path.slice(0, -1).reduce<any>((at, key) => at[key], copy)
  if (value === undefined) delete owner[last]
  else owner[last] = value
  return copy
}

const container = ['containers', 0, 'securityContext'] as const

describe.each([
  [['securityContext', 'runAsNonRoot'], undefined],
  [['securityContext', 'runAsNonRoot'], false],
  [['securityContext', 'runAsUser'], 0],
  [['securityContext', 'seccompProfile'], undefined],
  [['securityContext', 'seccompProfile', 'type'], 'Unconfined'],
  [['securityContext'], undefined],
  [container, undefined],
  [[...container, 'allowPrivilegeEscalation'], undefined],
  [[...container, 'allowPrivilegeEscalation'], true],
  [[...container, 'privileged'], true],
  [[...container, 'capabilities'], undefined],
  [[...container, 'capabilities', 'drop'], []],
  [[...container, 'capabilities', 'add'], ['SYS_ADMIN']],
  [[...container, 'procMount'], 'Unmasked'],
  [['containers', 0, 'ports', 0, 'hostPort'], 29_500],
  [['volumes', 0], { name: 'data', hostPath: { path: '/' } }],
  [['volumes', 0], { name: 'data', nfs: { server: 'nas', path: '/' } }],
  [['hostNetwork'], true],
  [['hostPID'], true],
])('with %j as %j', (path, value) => {
  it('no pod is admitted', () =>
    expect(pods.filter((pod) => shortcomings(changed(pod, path, value)).length === 0)).toEqual([]))
})

it.each([
  [['automountServiceAccountToken'], true],
  [[...container, 'readOnlyRootFilesystem'], undefined],
  [['containers', 0, 'resources'], undefined],
])('our own rule sees %j as %j', (path, value) => {
  const seen = pods.filter((pod) => ownShortcomings({ ...changed(pod, path, value) }).length > 0)
  expect(seen).toHaveLength(pods.length)
})
