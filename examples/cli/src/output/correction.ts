import type { Action, CauseKind, FrameAssessment, Verdict } from '@nebulift/prefilter'

/** What was decided of a frame. */
export interface Decision {
  readonly verdict: Verdict
  readonly action: Action
}

/** A person's word on a frame, as in `manifest.json`. It stands against the prefilter's, also in later batches. */
export interface Correction extends Decision {
  /** What is wrong with the frame in the person's view; absent where nothing was said of it. */
  readonly causes?: readonly CauseKind[]
  readonly by: 'person'
  /** ISO 8601, UTC. */
  readonly at: string
  /** What had been decided without the person. */
  readonly was: Decision
}

/** An assessment that a person may have gone through: verdict and action are the person's then. */
export interface Corrected {
  readonly corrected?: Correction
}

/** A person's word before it is laid over a frame. */
export type PersonsWord = Omit<Correction, 'was'>

/** Lays a person's word over a frame, or takes it away again: then the prefilter's holds. */
export function correctFrame<F extends FrameAssessment & Corrected>(
  frame: F,
  word: PersonsWord | undefined,
): F {
  const { corrected, ...rest } = frame
  const was = corrected?.was ?? { verdict: frame.verdict, action: frame.action }
  if (word === undefined) return { ...rest, ...was } as F
  const { verdict, action, causes, by, at } = word
  const correction: Correction = { verdict, action, ...(causes && { causes }), by, at, was }
  return { ...rest, verdict, action, corrected: correction } as F
}

const verdicts: readonly unknown[] = ['clean', 'contaminated', 'review'] satisfies Verdict[]
const actions: readonly unknown[] = ['keep', 'mask', 'review', 'reject'] satisfies Action[]

/** Every kind of cause that a person can name. */
export const causeKinds: readonly CauseKind[] = [
  'satellite',
  'airplane',
  'meteor',
  'streak',
  'cloud',
  'haze',
  'occlusion',
  'defocus',
  'tracking',
  'wind',
  'no-stars',
  'gradient',
  'twilight',
  'saturation',
  'hot-pixels',
  'corrupt',
]

/** Takes a decision out of something from outside; `undefined` where it is none. */
export function parseDecision(value: unknown): (Decision & Pick<Correction, 'causes'>) | undefined {
  const { verdict, action, causes } = (value ?? {}) as Record<string, unknown>
  if (!verdicts.includes(verdict) || !actions.includes(action)) return undefined
  const decision = { verdict: verdict as Verdict, action: action as Action }
  if (causes === undefined) return decision
  if (!Array.isArray(causes) || !causes.every((kind) => causeKinds.includes(kind))) return undefined
  return { ...decision, causes: [...new Set(causes)] }
}

/** Takes a person's word out of a manifest or a note; `undefined` where it is none. */
export function parseWord(value: unknown): PersonsWord | undefined {
  const decision = parseDecision(value)
  const { at } = (value ?? {}) as Record<string, unknown>
  if (!decision || typeof at !== 'string' || Number.isNaN(Date.parse(at))) return undefined
  return { ...decision, by: 'person', at }
}
