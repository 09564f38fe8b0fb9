import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { toYaml } from '../src/yaml.ts'
import { allManifests, examples } from './examples.ts'
import { judgeOf, releases, schemasOf } from './schemas.ts'
import { outputOf, toolCalled } from './tools.ts'

it('six releases are asked', () =>
  expect(releases).toEqual(['1.30', '1.31', '1.32', '1.33', '1.34', '1.35']))

describe.each(releases)('Kubernetes %s', (release) => {
  const judge = judgeOf(release)

  it.each(examples)('accepts $title', ({ manifests }) => {
    expect(manifests.length).toBeGreaterThan(0)
    expect(manifests.flatMap(judge)).toEqual([])
  })

  it('refuses an unknown field, a wrong type and an unknown kind', () => {
    const [job] = allManifests.filter(({ kind }) => kind === 'Job')
    if (!job) throw new Error('no job')
    const spec = job.spec as object
    expect(judge(job)).toEqual([])
    expect(judge({ ...job, spec: { ...spec, paralelism: 2 } })).toHaveLength(1)
    expect(judge({ ...job, spec: { ...spec, completions: '2' } })).toHaveLength(1)
    expect(judge({ ...job, kind: 'Jobb' })).toEqual(['batch/v1 Jobb: unknown kind'])
  })
})

it('every kind that can be made has an example', () => {
  const kinds = new Set(allManifests.map(({ kind }) => kind))
  expect([...kinds].sort()).toEqual([
    ...['ClusterTrainingRuntime', 'ConfigMap', 'Deployment', 'HorizontalPodAutoscaler', 'Job'],
    ...['JobSet', 'LimitRange', 'Namespace', 'NetworkPolicy', 'PersistentVolume'],
    ...['PersistentVolumeClaim', 'PodDisruptionBudget', 'PodMonitor', 'ResourceQuota', 'Role'],
    ...['RoleBinding', 'Service', 'ServiceAccount', 'ServiceMonitor', 'TrainJob'],
  ])
})

const kubectl = toolCalled('kubectl')

// Nothing is asked of a server: Go's reader of YAML, and kubectl's idea of an object.
it.skipIf(!kubectl)('kubectl reads from the YAML what was written (needs kubectl)', () => {
  const args = ['label', '--local', '-f', '-', 'read=1', '-o', 'json']
  const answer = outputOf(kubectl ?? '', args, toYaml(allManifests))
  const read = answer.trim().split(/\n(?=\{)/)
  const labelled = allManifests.map(({ metadata, ...manifest }) => ({
    ...manifest,
    metadata: { ...metadata, labels: { ...metadata.labels, read: '1' } },
  }))
  expect(read.map((text) => JSON.parse(text))).toEqual(labelled)
})

const kubeconform = toolCalled('kubeconform')

describe.skipIf(!kubeconform)('kubeconform (needs tests/reference/k8s/tools.sh)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-kubeconform-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(releases)('finds the YAML good for Kubernetes %s', (release) => {
    for (const [id, schema] of Object.entries(schemasOf(release)))
      writeFileSync(join(folder, `${fileOf(id)}-${release}.json`), JSON.stringify(schema))
    const { valid, invalid } = conformance(release, toYaml(allManifests))
    expect(invalid).toEqual([])
    expect(valid).toBe(allManifests.length)
  })

  it('sees a mistake', () => {
    const text = toYaml(allManifests).replace('completionMode:', 'completionmode:')
    expect(conformance('1.35', text).invalid).toHaveLength(1)
  })

  /** `batch/v1 Job` → `batch-v1-job`, as in the template below; the group of the core is `v1` too. */
  const fileOf = (id: string) => id.replace(/^v1 /, 'v1/v1 ').toLowerCase().replaceAll(/[/ ]/g, '-')

  function conformance(release: string, text: string) {
    const place = `${folder}/{{ .Group }}-{{ .ResourceAPIVersion }}-{{ .ResourceKind }}-${release}.json`
    const args = ['-strict', '-summary', '-output', 'json', '-schema-location', place, '-verbose']
    const { stdout } = spawnSync(kubeconform ?? '', [...args, '-'], {
      input: text,
      encoding: 'utf8',
    })
    const { resources } = JSON.parse(stdout) as { resources: { status: string; msg: string }[] }
    return {
      valid: resources.filter(({ status }) => status === 'statusValid').length,
      invalid: resources.filter(({ status }) => status !== 'statusValid').map(({ msg }) => msg),
    }
  }
})
