import type { FailureRule, JobSpec, PodObject } from './types.ts'

/** What the first rule that fits a failed pod asks for; `Count` where none does. */
export function matchRule(
  policy: JobSpec['podFailurePolicy'],
  pod: PodObject,
): { action: FailureRule['action']; why: string } {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const { action, onExitCodes, onPodConditions } = rule
    const matching = `matching ${action} rule at index ${index}`
    if (onExitCodes) {
      const container = pod.status.containerStatuses?.find(({ name, state }) => {
        const code = state.terminated?.exitCode ?? 0
        const concerns =
          onExitCodes.containerName === undefined || onExitCodes.containerName === name
        return (
          concerns &&
          code !== 0 &&
          onExitCodes.values.includes(code) === (onExitCodes.operator === 'In')
        )
      })
      const code = container?.state.terminated?.exitCode
      if (container)
        return {
          action,
          why: `Container ${container.name} for pod ${name} failed with exit code ${code} ${matching}`,
        }
    }
    const condition = onPodConditions?.find((wanted) =>
      pod.status.conditions?.some(
        ({ type, status }) => type === wanted.type && status === (wanted.status ?? 'True'),
      ),
    )
    if (condition) return { action, why: `Pod ${name} has condition ${condition.type} ${matching}` }
  }
  return { action: 'Count', why: '' }
}
