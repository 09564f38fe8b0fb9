import type { Action, Cause, CauseKind, StreakKind, Verdict } from '@nebulift/prefilter'
import { formatNumber, formatPercent } from './format.ts'

/** A kind of cause for people: a short name and a sentence that says what it means. */
export interface CauseWords {
  readonly name: string
  readonly meaning: string
}

/** Every kind of cause in plain words. */
export const causeWords: Readonly<Record<CauseKind, CauseWords>> = {
  satellite: {
    name: 'Satellite',
    meaning: 'A satellite crossed the field. Mask the trail and keep the frame.',
  },
  airplane: {
    name: 'Airplane',
    meaning: 'An airplane crossed the field with its lights. Mask the trails and keep the frame.',
  },
  meteor: {
    name: 'Meteor',
    meaning: 'A trail that brightens and fades like a meteor. Mask it and keep the frame.',
  },
  streak: {
    name: 'Trail',
    meaning: 'A straight trail whose origin is unclear. Mask it and keep the frame.',
  },
  cloud: { name: 'Cloud', meaning: 'Clouds took star light away in part or all of the frame.' },
  haze: { name: 'Haze', meaning: 'A thin veil dimmed the stars over the whole frame.' },
  occlusion: {
    name: 'Blocked view',
    meaning: 'Something (a tree, a roof, the dome) stood before part of the field.',
  },
  defocus: { name: 'Out of focus', meaning: 'Stars are swollen: the focus was off.' },
  tracking: { name: 'Tracking error', meaning: 'Stars are drawn out in one common direction.' },
  wind: { name: 'Shaken', meaning: 'Stars are smeared or doubled by wind or a knock.' },
  'no-stars': { name: 'No stars', meaning: 'Too few stars to judge the frame by.' },
  gradient: {
    name: 'Sky gradient',
    meaning: 'The sky is brighter on one side: Moon or town light. A blemish, not a fault.',
  },
  twilight: { name: 'Twilight', meaning: 'The sky was not dark yet, or not dark any more.' },
  saturation: { name: 'Saturation', meaning: 'Many pixels are at the detector’s limit.' },
  'hot-pixels': {
    name: 'Hot pixels',
    meaning: 'More hot pixels than usual: the dark calibration may be missing.',
  },
  corrupt: { name: 'Damaged file', meaning: 'Part of the file is missing or makes no sense.' },
}

/** What each action asks of the observer. */
export const actionWords: Readonly<Record<Action, { name: string; meaning: string }>> = {
  keep: { name: 'Keep', meaning: 'Nothing wrong: stack it.' },
  mask: { name: 'Mask', meaning: 'A good frame with a trail: stack it, with the trail masked.' },
  review: { name: 'Review', meaning: 'The evidence did not suffice: look at it yourself.' },
  reject: { name: 'Reject', meaning: 'Leave it out: it would do the stack more harm than good.' },
}

/** The order in which actions are listed and sorted, from best to worst. */
export const actionOrder: readonly Action[] = ['keep', 'mask', 'review', 'reject']

export const verdictWords: Readonly<Record<Verdict, string>> = {
  clean: 'clean',
  contaminated: 'contaminated',
  review: 'unsure',
}

export const streakWords: Readonly<Record<StreakKind, string>> = {
  satellite: 'Satellite',
  airplane: 'Airplane',
  meteor: 'Meteor',
  unknown: 'Trail of unknown origin',
}

/** Words for a cause; one this version does not know is shown by its own name. */
export function wordsFor(kind: string): CauseWords {
  return Object.hasOwn(causeWords, kind)
    ? causeWords[kind as CauseKind]
    : { name: kind, meaning: 'A cause this version of the report has no words for.' }
}

const units: Readonly<Record<string, string>> = {
  Px: 'px',
  Deg: '°',
  Arcsec: '″',
  Ms: 'ms',
  Sigma: 'σ',
  Mag: 'mag',
  S: 's',
}

/** Shares of one, which people read as percentages. */
const shares = /^(coverage|transparency|sessionTransparency|gradient|\w+Share)$/

const terms: Readonly<Record<string, string>> = {
  fwhm: 'FWHM',
  hfr: 'HFR',
  snr: 'SNR',
  rms: 'RMS',
  session: 'session’s',
}

/** A measured number in words: `sessionFwhmPx`, 3.2 becomes `session’s FWHM 3.2 px`. */
export function describeEvidence(name: string, value: number): string {
  const parts = name.split(/(?=[A-Z])/)
  const last = parts.at(-1) ?? ''
  const unit = parts.length > 1 && Object.hasOwn(units, last) ? (units[last] ?? '') : ''
  const words = (unit === '' ? parts : parts.slice(0, -1)).map((part) => {
    const word = part.toLowerCase()
    return Object.hasOwn(terms, word) ? terms[word] : word
  })
  if (shares.test(name)) return `${words.join(' ')} ${formatPercent(value)}`
  const gap = unit === '' || unit === '°' || unit === '″' ? '' : ' '
  return `${words.join(' ')} ${formatNumber(value)}${gap}${unit}`
}

/** All evidence of a cause, one entry for each number. */
export function describeCause(cause: Cause): readonly string[] {
  return Object.entries(cause.evidence).map(([name, value]) => describeEvidence(name, value))
}

/** Distinct cause names of a frame, worst first: `Cloud, Out of focus`. */
export function causeNames(causes: readonly Cause[]): readonly string[] {
  const worstFirst = [...causes].sort((a, b) => b.severity - a.severity)
  return [...new Set(worstFirst.map((cause) => wordsFor(cause.kind).name))]
}
