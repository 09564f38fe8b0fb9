// What the API servers of Kubernetes 1.30 to 1.35, and the controllers of JobSet, Kubeflow Trainer and the Prometheus
// Operator, accept: JSON Schemas of the kinds we write, cut from what those projects publish in their Go modules.
// Needs Go and a module proxy, some 110 MB:
//   npx node tests/reference/k8s/schemas.ts
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'yaml'

type Schema = { readonly [key: string]: unknown }

const target = join(import.meta.dirname, '../../../packages/k8s/test/schemas')

const releases = ['v1.30.14', 'v1.31.14', 'v1.32.13', 'v1.33.13', 'v1.34.4', 'v1.35.4']

const kinds: Readonly<Record<string, readonly string[]>> = {
  v1: [
    ...['Service', 'ConfigMap', 'PersistentVolumeClaim', 'PersistentVolume', 'ServiceAccount'],
    ...['Namespace', 'ResourceQuota', 'LimitRange', 'Secret'],
  ],
  'batch/v1': ['Job'],
  'apps/v1': ['Deployment'],
  'autoscaling/v2': ['HorizontalPodAutoscaler'],
  'networking.k8s.io/v1': ['NetworkPolicy'],
  'policy/v1': ['PodDisruptionBudget'],
  'rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding'],
}

const definitions = [
  {
    module: 'sigs.k8s.io/jobset@v0.12.0',
    folder: 'config/components/crd/bases',
    files: ['jobset.x-k8s.io_jobsets.yaml'],
  },
  {
    module: 'github.com/kubeflow/trainer/v2@v2.0.0',
    folder: 'manifests/base/crds',
    files: [
      'trainer.kubeflow.org_trainjobs.yaml',
      'trainer.kubeflow.org_clustertrainingruntimes.yaml',
    ],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    folder: 'example/prometheus-operator-crd',
    files: ['monitoring.coreos.com_podmonitors.yaml', 'monitoring.coreos.com_servicemonitors.yaml'],
  },
]

/** Where Go keeps a module, fetched and checked against the checksum database if need be. */
function moduleFolder(module: string): string {
  const answer = execFileSync('go', ['mod', 'download', '-json', module], { cwd: tmpdir() })
  return (JSON.parse(answer.toString()) as { Dir: string }).Dir
}

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const mapValues = (value: Schema, change: (each: unknown) => unknown): Schema =>
  Object.fromEntries(Object.entries(value).map(([key, each]) => [key, change(each)]))

/** Words go, unknown fields are refused, and OpenAPI's ways of saying "number or text" become JSON Schema's. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict)
  if (!isObject(schema)) return schema
  if (schema['x-kubernetes-int-or-string'] || schema.format === 'int-or-string')
    return { type: ['integer', 'string'] }
  const kept = [
    'type',
    'enum',
    'required',
    'pattern',
    'minimum',
    'maximum',
    'minLength',
    'maxLength',
  ]
  const bounds = ['minItems', 'maxItems', 'anyOf', 'allOf', 'oneOf', 'not', '$ref']
  const result: Record<string, unknown> = {}
  for (const key of [...kept, ...bounds])
    if (key in schema) result[key] = isObject(schema[key]) ? strict(schema[key]) : schema[key]
  if (schema.nullable) result.type = [schema.type, 'null']
  if (schema.items) result.items = strict(schema.items)
  if (isObject(schema.properties)) result.properties = mapValues(schema.properties, strict)
  if (isObject(schema.additionalProperties))
    result.additionalProperties = strict(schema.additionalProperties)
  else if (isObject(schema.properties) && !schema['x-kubernetes-preserve-unknown-fields'])
    result.additionalProperties = false
  return result
}

/** The definitions that `names` lead to, themselves included. */
function reachable(all: Schema, names: readonly string[]): string[] {
  const found = new Set<string>()
  const follow = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    const text = JSON.stringify(all[name])
    for (const match of text.matchAll(/"#\/definitions\/([^"]+)"/g)) follow(match[1] ?? '')
  }
  for (const name of names) follow(name)
  return [...found].sort()
}

interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

function kubernetesSchema(release: string): Schema {
  const path = 'api/openapi-spec/swagger.json'
  const text = readFileSync(join(moduleFolder(`k8s.io/kubernetes@${release}`), path), 'utf8')
  const all = (JSON.parse(text) as { definitions: Schema }).definitions
  const wanted: Record<string, unknown> = {}
  const roots: string[] = []
  for (const [name, definition] of Object.entries(all)) {
    const [id] = ((definition as Schema)['x-kubernetes-group-version-kind'] ?? []) as Kind[]
    if (!id) continue
    const apiVersion = id.group === '' ? id.version : `${id.group}/${id.version}`
    if (!kinds[apiVersion]?.includes(id.kind)) continue
    wanted[`${apiVersion} ${id.kind}`] = { $ref: `#/definitions/${name}` }
    roots.push(name)
  }
  const kept = reachable(all, roots).map((name) => [name, strict(all[name])])
  return { kinds: wanted, definitions: Object.fromEntries(kept) }
}

interface CustomResource {
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly {
      readonly name: string
      readonly served: boolean
      readonly schema: { readonly openAPIV3Schema: Schema }
    }[]
  }
}

function customSchemas(): Schema {
  const wanted: Record<string, unknown> = {}
  for (const { module, folder, files } of definitions) {
    for (const file of files) {
      const text = readFileSync(join(moduleFolder(module), folder, file), 'utf8')
      const { spec } = parse(text) as CustomResource
      for (const { name, served, schema } of spec.versions) {
        if (!served) continue
        const resource = strict(schema.openAPIV3Schema) as { properties: Record<string, unknown> }
        // Left open in definitions of resources: it is the same for all of Kubernetes.
        resource.properties.metadata = { type: 'object', required: ['name'] }
        wanted[`${spec.group}/${name} ${spec.names.kind}`] = resource
      }
    }
  }
  return { kinds: wanted, definitions: {} }
}

function write(name: string, schema: Schema): void {
  writeFileSync(join(target, `${name}.json.gz`), gzipSync(JSON.stringify(schema), { level: 9 }))
}

for (const release of releases)
  write(
    `kubernetes-${release.split('.').slice(0, 2).join('.').slice(1)}`,
    kubernetesSchema(release),
  )
write('custom', customSchemas())
