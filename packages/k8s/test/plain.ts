// The plain folder `k8s/` for kubectl and kustomize, and the chart's dashboard, from the builders:
//   npx node --conditions=@nebulift/source packages/k8s/test/plain.ts
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { dashboardManifests } from '../src/dashboard.ts'
import { judgingManifests } from '../src/judging.ts'
import type { Manifest } from '../src/manifest.ts'
import { namespaceManifests } from '../src/namespace.ts'
import { serviceManifests } from '../src/service.ts'
import { type TrainingOptions, trainingManifests } from '../src/training.ts'
import { toYaml } from '../src/yaml.ts'

const image = 'ghcr.io/nebulift/nebulift:0.0.0'
const training: TrainingOptions = { name: 'train', image }
const base = trainingManifests(training)

const service = serviceManifests({ name: 'serve', image, args: ['serve', '--port', '8080'] })

/** What `kubectl kustomize` makes of each folder. */
export const folders: Readonly<Record<string, readonly Manifest[]>> = {
  base: [...namespaceManifests(), ...base],
  'overlays/generic': [...namespaceManifests(), ...base],
  'overlays/rpi5': [
    ...namespaceManifests(),
    ...trainingManifests({ ...training, profile: 'rpi5', workers: 4 }),
  ],
  'overlays/monitoring': [
    ...namespaceManifests(),
    ...trainingManifests({ ...training, monitoring: true }),
    ...dashboardManifests(),
  ],
  judging: judgingManifests({ name: 'judge', image }),
  service,
}

interface Operation {
  readonly op: 'add' | 'remove' | 'replace'
  readonly path: string
  readonly value?: unknown
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** RFC 6902: what turns `from` into `to`. Lists of another length are replaced whole. */
export function patchOf(from: unknown, to: unknown, path = ''): Operation[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return []
  const alike = Array.isArray(from) === Array.isArray(to)
  const sameLength = !Array.isArray(from) || !Array.isArray(to) || from.length === to.length
  if (!isObject(from) || !isObject(to) || !alike || !sameLength)
    return [{ op: 'replace', path, value: to }]
  const under = (key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  const removed = Object.keys(from)
    .filter((key) => !(key in to))
    .map((key): Operation => ({ op: 'remove', path: under(key) }))
  const rest = Object.entries(to).flatMap(([key, value]): Operation[] =>
    key in from ? patchOf(from[key], value, under(key)) : [{ op: 'add', path: under(key), value }],
  )
  return [...removed, ...rest]
}

const same = (a: Manifest) => (b: Manifest) =>
  a.kind === b.kind && a.metadata.name === b.metadata.name

const kustomization = (body: object, kind = 'Kustomization') =>
  toYaml([
    {
      apiVersion: `kustomize.config.k8s.io/v1${kind === 'Component' ? 'alpha1' : 'beta1'}`,
      kind,
      ...body,
    },
  ])

/** Files of an overlay: one patch for each object that differs, and objects that are new. */
function overlay(to: readonly Manifest[], over: object, kind?: string): Record<string, string> {
  const from = folders.base ?? []
  const added = to.filter((manifest) => !from.some(same(manifest)))
  const patches = from.flatMap((manifest) => {
    const operations = patchOf(manifest, to.find(same(manifest)))
    const path = `${manifest.kind.toLowerCase()}-${manifest.metadata.name}.patch.yaml`
    const target = { kind: manifest.kind, name: manifest.metadata.name }
    return operations.length === 0 ? [] : [{ path, target, operations }]
  })
  const body = {
    ...over,
    ...(added.length > 0 && { resources: ['added.yaml'] }),
    ...(patches.length > 0 && { patches: patches.map(({ path, target }) => ({ path, target })) }),
  }
  return {
    'kustomization.yaml': kustomization(body, kind),
    ...(added.length > 0 && { 'added.yaml': toYaml(added) }),
    ...Object.fromEntries(
      patches.map(({ path, operations }) => [path, toYaml([operations]).replace('---\n', '')]),
    ),
  }
}

const files = (folder: string, inside: Record<string, string>) =>
  Object.fromEntries(Object.entries(inside).map(([name, text]) => [`k8s/${folder}/${name}`, text]))

const plainFolder = (folder: string, groups: Record<string, readonly Manifest[]>) =>
  files(folder, {
    'kustomization.yaml': kustomization({
      resources: Object.keys(groups).map((name) => `${name}.yaml`),
    }),
    ...Object.fromEntries(
      Object.entries(groups).map(([name, manifests]) => [`${name}.yaml`, toYaml(manifests)]),
    ),
  })

const [dashboard] = dashboardManifests()

/** Every generated file by its path in the package. */
export const generated: Readonly<Record<string, string>> = {
  ...plainFolder('base', { namespace: namespaceManifests(), training: base }),
  ...files('overlays/generic', {
    'kustomization.yaml': kustomization({ resources: ['../../base'] }),
  }),
  ...files('overlays/rpi5', overlay(folders['overlays/rpi5'] ?? [], { resources: ['../../base'] })),
  ...files('components/monitoring', overlay(folders['overlays/monitoring'] ?? [], {}, 'Component')),
  ...files('overlays/monitoring', {
    'kustomization.yaml': kustomization({
      resources: ['../../base'],
      components: ['../../components/monitoring'],
    }),
  }),
  ...plainFolder('judging', { judging: folders.judging ?? [] }),
  ...plainFolder('service', { service }),
  'chart/nebulift/files/nebulift.dashboard': Object.values(
    dashboard?.data as Record<string, string>,
  ).join(''),
}

/** The package's folder. */
export const packageFolder: string = join(import.meta.dirname, '..')

if (import.meta.main) {
  rmSync(join(packageFolder, 'k8s'), { recursive: true, force: true })
  for (const [path, text] of Object.entries(generated)) {
    mkdirSync(dirname(join(packageFolder, path)), { recursive: true })
    writeFileSync(join(packageFolder, path), text)
  }
}
