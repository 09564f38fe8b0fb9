import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { judgingDefaults } from '../src/judging.ts'
import type { Manifest } from '../src/manifest.ts'
import { profiles } from '../src/profiles.ts'
import { serviceDefaults } from '../src/service.ts'
import { trainingDefaults } from '../src/training.ts'
import { type Example, examples } from './examples.ts'
import { packageFolder } from './plain.ts'
import { toolCalled } from './tools.ts'

const chart = join(packageFolder, 'chart/nebulift')
const read = (name: string) => readFileSync(join(chart, name), 'utf8')
const values = parse(read('values.yaml')) as Record<string, Record<string, unknown>>

describe('values.yaml', () => {
  it('has the profiles of the builders', () => expect(values.profiles).toEqual(profiles))

  it.each([
    ['training', trainingDefaults],
    ['judging', judgingDefaults],
    ['service', serviceDefaults],
  ])('has the defaults of %s', (part, { namespace: _, ...defaults }) =>
    expect(values[part]).toMatchObject({ ...defaults, enabled: false }),
  )
})

describe('values.schema.json', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(read('values.schema.json')))

  it('accepts values.yaml and the options of every example', () => {
    expect(validate(values), JSON.stringify(validate.errors)).toBe(true)
    for (const example of examples)
      expect(validate(valuesOf(example)), JSON.stringify(validate.errors)).toBe(true)
  })

  it.each([
    { training: { worker: 2 } },
    { training: { workers: 0 } },
    { training: { name: 'Train' } },
    { training: { target: 'pod' } },
    { judging: { data: { size: '1 GB' } } },
    { service: { port: 80 } },
    { trainings: {} },
  ])('refuses %j', (wrong) => expect(validate(wrong)).toBe(false))
})

/** Options as values: the namespace is the release's, but for the dashboard's. */
function valuesOf({ part, options }: Example): Record<string, unknown> {
  const { namespace, ...rest } = options
  const own = part === 'dashboard' && namespace ? { namespace } : {}
  return { [part]: { ...rest, ...own, enabled: true } }
}

const helm = toolCalled('helm')
// A helm built by `go install` takes the cluster for one of 2021 unless told.
const cluster = ['--kube-version', '1.35.4']

function render(given: Record<string, unknown>, namespace: string) {
  const args = ['template', 'release', chart, '--namespace', namespace, '--values', '-', ...cluster]
  const { status, stdout, stderr } = spawnSync(helm ?? '', args, {
    input: JSON.stringify(given),
    encoding: 'utf8',
  })
  const manifests = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest | null)
  return { status, stderr, manifests: manifests.filter((manifest) => manifest !== null) }
}

const byId = (manifests: readonly Manifest[]) =>
  Object.fromEntries(
    manifests.map((manifest) => [
      `${manifest.apiVersion} ${manifest.kind} ${manifest.metadata.namespace}/${manifest.metadata.name}`,
      canonical(manifest),
    ]),
  )

/** Variables of the environment in any order: Helm sorts maps. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([key, field]) => [
    key,
    key === 'env'
      ? (field as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1))
      : canonical(field),
  ])
  return Object.fromEntries(fields)
}

describe.skipIf(!helm)('helm (needs tests/reference/k8s/tools.sh)', () => {
  it.each(examples)('makes what the builder makes: $title', (example) => {
    const namespace = String(example.options.namespace ?? 'nebulift')
    const { stderr, manifests } = render(valuesOf(example), namespace)
    expect(stderr).toBe('')
    expect(manifests).toHaveLength(example.manifests.length)
    expect(byId(manifests)).toEqual(byId(example.manifests))
  })

  it('makes several parts together', () => {
    const some = examples.filter(({ title }) => /Pis|with everything said|elsewhere/.test(title))
    const last = Object.assign({}, ...some.map(valuesOf)) as Record<string, unknown>
    expect(Object.keys(last)).toHaveLength(5)
    const { manifests } = render(last, 'astro')
    const expected = ['training', 'judging', 'service', 'namespace', 'dashboard'].flatMap(
      (part) => some.findLast((example) => example.part === part)?.manifests ?? [],
    )
    expect(byId(manifests)).toEqual(byId(expected))
  })

  it('makes nothing of nothing, and lints', () => {
    expect(render({}, 'nebulift').manifests).toEqual([])
    const { status, stdout } = spawnSync(helm ?? '', ['lint', '--strict', chart, ...cluster], {
      encoding: 'utf8',
    })
    expect({ status, stdout }).toMatchObject({ status: 0 })
  })

  it.each([
    [{ training: { enabled: true } }, 'training.image: got nothing, wanted an image'],
    [{ training: { enabled: true, image: 'a', worker: 2 } }, 'worker'],
  ])('refuses %j', (given, message) => {
    const { status, stderr } = render(given, 'nebulift')
    expect(status).not.toBe(0)
    expect(stderr).toContain(message)
  })
})
