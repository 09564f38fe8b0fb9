import type { Action, CauseKind, Verdict } from '@nebulift/prefilter'
import type { PageFrame } from '../../report/page/model.ts'

/** What a person may say of a frame. */
export interface Said {
  readonly verdict: Verdict
  readonly action: Action
  readonly causes?: readonly CauseKind[]
}

/** A verdict that a key and a button give. */
export interface Choosable extends Said {
  readonly key: string
  readonly name: string
  readonly hint: string
}

/** The four verdicts, in the order of their buttons. */
export const choosable: readonly Choosable[] = [
  { key: 'c', name: 'Clean', verdict: 'clean', action: 'keep', hint: 'stack it' },
  {
    key: 'm',
    name: 'Mask',
    verdict: 'contaminated',
    action: 'mask',
    hint: 'stack it, trail masked',
  },
  { key: 'x', name: 'Reject', verdict: 'contaminated', action: 'reject', hint: 'leave it out' },
  { key: 'r', name: 'Review', verdict: 'review', action: 'review', hint: 'decide later' },
]

/** Kinds of causes in the order of their keys: 1 to 9, then 0; the rest have buttons only. */
export const causeKeys: readonly CauseKind[] = [
  'satellite',
  'airplane',
  'meteor',
  'cloud',
  'haze',
  'occlusion',
  'defocus',
  'tracking',
  'wind',
  'twilight',
  'streak',
  'gradient',
  'no-stars',
  'saturation',
  'hot-pixels',
  'corrupt',
]

/** The key of the cause at a place of the list above; empty where it has none. */
export const causeKey = (index: number): string => (index < 10 ? String((index + 1) % 10) : '')

const trailsToMask: readonly CauseKind[] = ['satellite', 'airplane', 'meteor', 'streak']
/** From this severity on a cause speaks against a frame, as for `nebulift dataset build`. */
const telling = 0.3

/** What is wrong with a frame: what a person named, else what the prefilter found telling. */
export function namedCauses({ assessment }: PageFrame): readonly CauseKind[] {
  const { verdict, causes, corrected } = assessment
  if (corrected?.causes) return corrected.causes
  if (verdict === 'clean') return []
  const found = causes.filter((c) => trailsToMask.includes(c.kind) || c.severity >= telling)
  return [...new Set(found.map(({ kind }) => kind))]
}

/** A verdict for a frame; causes that the person named stay, but a clean frame has none. */
export function chooseVerdict(frame: PageFrame, { verdict, action }: Said): Said {
  const causes = frame.assessment.corrected?.causes
  return { verdict, action, ...(causes && verdict !== 'clean' && { causes }) }
}

/**
 * A cause added, or taken away where it was named. Whoever names what is wrong with a frame that was not held to be
 * contaminated says that it is; a sky gradient alone is a blemish and changes no verdict.
 */
export function chooseCause(frame: PageFrame, kind: CauseKind): Said {
  const before = namedCauses(frame)
  const isAdded = !before.includes(kind)
  const causes = isAdded ? [...before, kind] : before.filter((one) => one !== kind)
  const { verdict, action } = frame.assessment
  if (!isAdded || verdict === 'contaminated' || kind === 'gradient') {
    return { verdict, action, causes }
  }
  const isTrail = causes.every((one) => trailsToMask.includes(one))
  return { verdict: 'contaminated', action: isTrail ? 'mask' : 'reject', causes }
}

/** Whether a person and the prefilter differ. */
export function disagrees({ assessment: { corrected } }: PageFrame): boolean {
  if (corrected === undefined) return false
  const { verdict, action, was } = corrected
  return verdict !== was.verdict || action !== was.action
}

const isOpen = ({ assessment }: PageFrame) =>
  assessment.verdict === 'review' && assessment.corrected === undefined

/** What the person wants to go through. */
export interface Filter {
  readonly id: string
  readonly label: string
  readonly keeps: (frame: PageFrame) => boolean
}

const verdictIs = (verdict: Verdict) => (frame: PageFrame) => frame.assessment.verdict === verdict

/** The first is chosen where nothing else is: all frames, those that the prefilter left to the person first. */
export const filters: readonly Filter[] = [
  { id: 'first', label: 'All, unsure first', keeps: () => true },
  { id: 'all', label: 'All, in order', keeps: () => true },
  { id: 'review', label: 'Unsure', keeps: verdictIs('review') },
  { id: 'clean', label: 'Clean', keeps: verdictIs('clean') },
  { id: 'contaminated', label: 'Contaminated', keeps: verdictIs('contaminated') },
  { id: 'disagreements', label: 'Disagreements', keeps: disagrees },
  { id: 'uncorrected', label: 'Not yet looked at', keeps: (f) => !f.assessment.corrected },
]

/** Numbers of the frames that a filter shows, in its order. */
export function listFrames(frames: readonly PageFrame[], filterId: string): number[] {
  const filter = filters.find(({ id }) => id === filterId)
  const kept = frames.filter((frame) => filter?.keeps(frame) ?? true)
  if (filter?.id === 'first') kept.sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)))
  return kept.map(({ id }) => id)
}

/** The frame of the same session taken before this one; for the first one that after it. */
export function sessionNeighbour(
  frames: readonly PageFrame[],
  frame: PageFrame,
): PageFrame | undefined {
  const session = frames.filter(({ sessionKey }) => sessionKey === frame.sessionKey)
  const inTime = session.every(({ timeMs }) => timeMs !== undefined)
    ? session.sort((a, b) => (a.timeMs ?? 0) - (b.timeMs ?? 0))
    : session
  const at = inTime.indexOf(frame)
  return inTime[at === 0 ? 1 : at - 1]
}

/** `37 of 300, 12 corrected`. */
export function progressText(
  frames: readonly PageFrame[],
  { at, count }: { readonly at: number; readonly count: number },
): string {
  const corrected = frames.filter(({ assessment }) => assessment.corrected).length
  return `${at + 1} of ${count}, ${corrected} corrected`
}
