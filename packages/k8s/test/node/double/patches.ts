import type { Stored } from './types.ts'

type Json = unknown
type JsonMap = Record<string, Json>

/** RFC 7386. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isMap(patch)) return patch
  const result: JsonMap = isMap(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** As `mergePatch`, but lists of named things are merged by name: what strategic patches and apply do with them. */
export function namedMerge(target: Json, patch: Json): Json {
  if (isNamedList(patch) && isNamedList(target)) {
    const left = target.filter((item) => !patch.some(({ name }) => name === item.name))
    const merged = patch.map((item) =>
      namedMerge(target.find(({ name }) => name === item.name) ?? {}, item),
    )
    return [...left, ...(merged as JsonMap[])]
  }
  if (!isMap(patch)) return patch
  const result: JsonMap = isMap(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    // Directives that only tell a real server in which order lists are to be.
    if (key.startsWith('$')) continue
    if (value === null) delete result[key]
    else result[key] = namedMerge(result[key], value)
  }
  return result
}

/** Paths of all values that are no maps, without an object's own name: `.spec.completions`. */
export function leaves(value: Json, path = ''): Map<string, string> {
  if (!isMap(value)) return new Map([[path, JSON.stringify(value)]])
  const found = new Map<string, string>()
  for (const [key, inner] of Object.entries(value)) {
    if (path === '' && ['apiVersion', 'kind', 'status'].includes(key)) continue
    if (path === '.metadata' && key !== 'labels' && key !== 'annotations') continue
    for (const [leaf, text] of leaves(inner, `${path}.${key}`)) found.set(leaf, text)
  }
  return found
}

/** Who holds which field of an object. */
export type Owners = Map<string, string>

/** Fields that an apply would take from somebody else. */
export function conflicts(
  owners: Owners,
  manager: string,
  there: Stored,
  applied: Stored,
): [string, string][] {
  const before = leaves(there)
  return [...leaves(applied)]
    .filter(([path, value]) => before.has(path) && before.get(path) !== value)
    .map(([path]): [string, string] => [path, owners.get(path) ?? manager])
    .filter(([, owner]) => owner !== manager)
}

function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNamedList(value: Json): value is (JsonMap & { name: string })[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => isMap(item) && typeof item.name === 'string')
  )
}
