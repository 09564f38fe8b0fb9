import type { Action, CauseKind, Verdict } from '@nebulift/prefilter'

/** Who settled a verdict. */
export type DecidedBy = 'prefilter' | 'model' | 'both'

/** A verdict of the prefilter and a model together. */
export interface CombinedVerdict {
  readonly verdict: Verdict
  readonly action: Action
  readonly decidedBy: DecidedBy
}

// Chosen before any model was trained: a wrong settlement in five is what a person tolerates of a hint, one in fifty
// what it takes to be disturbed for.

/** From here on a model is sure enough to settle what the prefilter leaves open. */
const SURE = 0.8
/** From here on it is sure enough to doubt what the prefilter has settled. */
const CERTAIN = 0.98

/** What a prefilter says, as far as the rule asks. */
export interface FirstOpinion {
  readonly verdict: Verdict
  readonly action: Action
  readonly causes: readonly { readonly kind: CauseKind }[]
}

/** A picture without stars is like nothing that a model of skies has learned from. */
const foreign: readonly CauseKind[] = ['no-stars', 'corrupt']

/**
 * The rule by which `--model` joins two judges. Where they agree, both decided. What the prefilter leaves for
 * review, a sure model settles, unless there are no stars. Where a model that is certain contradicts the
 * prefilter, a person shall look: a model alone, which cannot name a cause, never rejects a frame that the
 * prefilter calls clean, and never passes one that it calls contaminated.
 */
export function combine(first: FirstOpinion, probability: number): CombinedVerdict {
  const { verdict, action, causes } = first
  if (causes.some(({ kind }) => foreign.includes(kind))) {
    return { verdict, action, decidedBy: 'prefilter' }
  }
  if (verdict === 'review') {
    if (probability >= SURE)
      return { verdict: 'contaminated', action: 'reject', decidedBy: 'model' }
    if (probability <= 1 - SURE) return { verdict: 'clean', action: 'keep', decidedBy: 'model' }
    return { verdict, action, decidedBy: 'prefilter' }
  }
  const against = verdict === 'clean' ? probability : 1 - probability
  if (against >= CERTAIN) return { verdict: 'review', action: 'review', decidedBy: 'model' }
  return { verdict, action, decidedBy: against < 0.5 ? 'both' : 'prefilter' }
}
