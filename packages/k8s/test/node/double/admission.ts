import { kindOf } from './kinds.ts'
import { Refused } from './refused.ts'
import type { Store } from './store.ts'
import type { Container, JobObject, PodSpec, Stored } from './types.ts'

/** What stands between a request and the store. Returns warnings. */
export function admit(store: Store, object: Stored, before: Stored | undefined): string[] {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(object.metadata.name)) {
    throw invalid(
      object,
      'metadata.name',
      `"${object.metadata.name}": a lowercase RFC 1123 subdomain is wanted`,
    )
  }
  if (object.kind === 'Job') validateJob(object as JobObject, before as JobObject | undefined)
  if (!before) checkQuota(store, object)
  return checkSecurity(store, object)
}

function invalid(object: Stored, field: string, problem: string): Refused {
  const { group, kind } = kindOf(object.kind)
  const name = `${kind}${group ? `.${group}` : ''} "${object.metadata.name}"`
  return new Refused(422, 'Invalid', `${name} is invalid: ${field}: Invalid value: ${problem}`)
}

function validateJob(job: JobObject, before: JobObject | undefined): void {
  const { spec } = job
  if (!spec?.template?.spec?.containers?.length)
    throw invalid(job, 'spec.template.spec.containers', 'Required value')
  if (!['Never', 'OnFailure'].includes(spec.template.spec.restartPolicy ?? 'Always')) {
    throw invalid(
      job,
      'spec.template.spec.restartPolicy',
      '"Always": supported values: "OnFailure", "Never"',
    )
  }
  if (!before) return
  const changed = (field: 'template' | 'completionMode' | 'completions') =>
    JSON.stringify(sorted(spec[field])) !== JSON.stringify(sorted(before.spec[field]))
  for (const field of ['template', 'completionMode'] as const) {
    if (changed(field)) throw invalid(job, `spec.${field}`, 'field is immutable')
  }
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  if (changed('completions') && !elastic) {
    const problem = `${spec.completions}: field is immutable, unless completions and parallelism are changed in tandem`
    throw invalid(job, 'spec.completions', problem)
  }
}

/** Equal whatever the order of keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  )
}

/** Counts of objects only: `pods`, `count/jobs.batch`. */
function checkQuota(store: Store, object: Stored): void {
  const { group, plural } = kindOf(object.kind)
  const { namespace, name } = object.metadata
  const names = [plural, `count/${plural}${group ? `.${group}` : ''}`]
  for (const quota of store.list('ResourceQuota', namespace)) {
    const hard = (quota.spec as { hard?: Record<string, string> }).hard ?? {}
    const limit = names.find((each) => hard[each] !== undefined)
    if (limit === undefined) continue
    const there = store.list(object.kind, namespace).filter((each) => !hasEnded(each)).length
    if (there + 1 <= Number(hard[limit])) continue
    const why = `exceeded quota: ${quota.metadata.name}, requested: ${limit}=1, used: ${limit}=${there}, limited: ${limit}=${hard[limit]}`
    const full = `${plural}${group ? `.${group}` : ''}`
    throw new Refused(403, 'Forbidden', `${full} "${name}" is forbidden: ${why}`)
  }
}

function hasEnded({ status }: Stored): boolean {
  return /^(Succeeded|Failed)$/.test((status as { phase?: string } | undefined)?.phase ?? '')
}

/** Pod security `restricted`: pods are refused, what makes pods is only warned of. */
function checkSecurity(store: Store, object: Stored): string[] {
  const level = 'pod-security.kubernetes.io/enforce'
  const namespace = store.get('Namespace', undefined, object.metadata.namespace ?? '')
  if (namespace?.metadata.labels?.[level] !== 'restricted') return []
  const spec = object.spec as (PodSpec & { template?: { spec: PodSpec } }) | undefined
  const pod = object.kind === 'Pod' ? spec : spec?.template?.spec
  const violations = pod ? violationsOf(pod) : []
  if (violations.length === 0) return []
  if (object.kind !== 'Pod')
    return [`would violate PodSecurity "restricted:latest": ${violations.join(', ')}`]
  const why = `violates PodSecurity "restricted:latest": ${violations.join(', ')}`
  throw new Refused(403, 'Forbidden', `pods "${object.metadata.name}" is forbidden: ${why}`)
}

function violationsOf({ containers, securityContext: whole }: PodSpec): string[] {
  const rule = (
    title: string,
    setting: string,
    holds: (own: NonNullable<Container['securityContext']>) => boolean,
  ) =>
    containers
      .filter(({ securityContext }) => !holds({ ...whole, ...securityContext }))
      .map(({ name }) => `${title} (container "${name}" must set ${setting})`)
  return [
    ...rule(
      'allowPrivilegeEscalation != false',
      'securityContext.allowPrivilegeEscalation=false',
      (own) => own.allowPrivilegeEscalation === false,
    ),
    ...rule('unrestricted capabilities', 'securityContext.capabilities.drop=["ALL"]', (own) =>
      Boolean(own.capabilities?.drop?.includes('ALL')),
    ),
    ...rule(
      'runAsNonRoot != true',
      'securityContext.runAsNonRoot=true',
      (own) => own.runAsNonRoot === true,
    ),
    ...rule(
      'seccompProfile',
      'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
      (own) => ['RuntimeDefault', 'Localhost'].includes(own.seccompProfile?.type ?? ''),
    ),
  ]
}
