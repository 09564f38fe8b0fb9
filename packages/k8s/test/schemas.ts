import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Manifest } from '../src/manifest.ts'

const folder = join(import.meta.dirname, 'schemas')

interface Published {
  readonly kinds: Readonly<Record<string, object>>
  readonly definitions: Readonly<Record<string, object>>
}

const load = (file: string) =>
  JSON.parse(gunzipSync(readFileSync(join(folder, file))).toString()) as Published

/** Kubernetes releases whose published schemas lie here, such as `1.30`. */
export const releases: readonly string[] = readdirSync(folder)
  .filter((file) => file.startsWith('kubernetes-'))
  .map((file) => file.slice('kubernetes-'.length, -'.json.gz'.length))

/** What a release finds wrong with an object; nothing where all is well. */
export type Judge = (manifest: Manifest) => string[]

/** JSON Schemas of one release and of the custom resources, by `group/version Kind`, each complete. */
export function schemasOf(release: string): Readonly<Record<string, object>> {
  const { kinds, definitions } = load(`kubernetes-${release}.json.gz`)
  const all = Object.entries({ ...kinds, ...load('custom.json.gz').kinds })
  return Object.fromEntries(all.map(([id, schema]) => [id, { ...schema, definitions }]))
}

/** A judge after the schemas of one release and of the custom resources: unknown kinds and fields are wrong. */
export function judgeOf(release: string): Judge {
  const schemas = schemasOf(release)
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
  const known = new Map<string, ValidateFunction>()
  return (manifest) => {
    const id = `${manifest.apiVersion} ${manifest.kind}`
    const schema = schemas[id]
    if (!schema) return [`${id}: unknown kind`]
    const validate = known.get(id) ?? ajv.compile(schema)
    known.set(id, validate)
    if (validate(manifest)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${id} ${instancePath} ${message} ${JSON.stringify(params)}`,
    )
  }
}
