import type { Action, Cause, Verdict } from './assessment.ts'
import { isTrail } from './causes/trails.ts'
import { NOTICE, RUIN } from './severity.ts'

/**
 * The two axes. A ruinous cause rejects; a doubtful one asks for a look; trails are masked and the frame
 * kept; anything weaker only lowers the score. A file that cannot be judged is looked at, never rejected.
 */
export function decide(causes: readonly Cause[]): { verdict: Verdict; action: Action } {
  if (causes.some(({ kind }) => kind === 'corrupt')) return { verdict: 'review', action: 'review' }
  const conditions = causes.filter((cause) => !isTrail(cause))
  const worst = Math.max(0, ...conditions.map(({ severity }) => severity))
  if (worst >= RUIN) return { verdict: 'contaminated', action: 'reject' }
  const trailed = conditions.length < causes.length
  if (worst >= NOTICE)
    return trailed
      ? { verdict: 'contaminated', action: 'review' }
      : { verdict: 'review', action: 'review' }
  return trailed
    ? { verdict: 'contaminated', action: 'mask' }
    : { verdict: 'clean', action: 'keep' }
}
