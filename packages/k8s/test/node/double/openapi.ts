import { type Kind, kinds } from './kinds.ts'

// As much OpenAPI v3 as kubectl asks for: which kinds there are, and that the server checks fields itself.

const rootOf = ({ group, version }: Kind) => (group ? `apis/${group}/${version}` : `api/${version}`)

/** What `/openapi/v3` and the paths below answer. */
export function openapi(path: string): unknown {
  if (path === '/openapi/v3') {
    const roots = [...new Set(kinds.map(rootOf))]
    const paths = roots.map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}?hash=1` }])
    return { paths: Object.fromEntries(paths) }
  }
  const found = kinds.filter((kind) => `/openapi/v3/${rootOf(kind)}` === path)
  if (found.length === 0) return undefined
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'double' },
    paths: Object.fromEntries(
      found.map((kind) => [`/${rootOf(kind)}/${pathOf(kind)}`, operations(kind)]),
    ),
    components: {
      schemas: Object.fromEntries(found.map((kind) => [`double.${kind.kind}`, schemaOf(kind)])),
    },
  }
}

function pathOf({ namespaced, plural }: Kind): string {
  return namespaced ? `namespaces/{namespace}/${plural}/{name}` : `${plural}/{name}`
}

function typeOf({ group, version, kind }: Kind) {
  return { group, version, kind }
}

function operations(kind: Kind): object {
  const query = (name: string) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  })
  return {
    patch: {
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': typeOf(kind),
      parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(query),
      responses: {},
    },
  }
}

function schemaOf(kind: Kind): object {
  return {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-group-version-kind': [typeOf(kind)],
  }
}
