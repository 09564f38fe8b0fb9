import type { Action } from '@nebulift/prefilter'
import type { ReportFrame, ReportSession } from '../night.ts'
import { actionOrder, causeNames, wordsFor } from './words.ts'

/** A frame as the page knows it: its picture is stored beside the data, under its number. */
export interface PageFrame extends Omit<ReportFrame, 'preview'> {
  /** Position in the night's list, from 0. */
  readonly id: number
  readonly preview?: { readonly width: number; readonly height: number }
  /** A sentence for each cause, in their order. */
  readonly reasons: readonly string[]
}

/** The data a page carries. */
export interface PageNight {
  readonly sessions: readonly ReportSession[]
  readonly frames: readonly PageFrame[]
}

/** A column of the table that frames can be sorted by. */
export interface Column {
  readonly id: string
  readonly label: string
  /** What the numbers mean, in plain words. */
  readonly title: string
  /** What sorts; undefined goes last in either direction. */
  readonly value: (frame: PageFrame) => number | string | undefined
}

const measured = (value: number) => (value > 0 ? value : undefined)

/** All columns, in the order of the table. */
export const columns: readonly Column[] = [
  {
    id: 'file',
    label: 'Frame',
    title: 'File name, in the input folder',
    value: (frame) => frame.file,
  },
  { id: 'time', label: 'Time', title: 'Middle of the exposure', value: (frame) => frame.timeMs },
  {
    id: 'action',
    label: 'Verdict',
    title: 'What to do with the frame, from keep to reject',
    value: (frame) => actionOrder.indexOf(frame.assessment.action),
  },
  {
    id: 'score',
    label: 'Score',
    title: '0 is useless, 1 as good as the best of the night',
    value: (frame) => frame.assessment.score,
  },
  {
    id: 'fwhm',
    label: 'FWHM',
    title: 'Width of a star at half its height: smaller is sharper',
    value: (frame) => measured(frame.assessment.stars.fwhmPx),
  },
  {
    id: 'hfr',
    label: 'HFR',
    title: 'Radius in pixels that holds half of a star’s light',
    value: (frame) => measured(frame.assessment.stars.hfrPx),
  },
  {
    id: 'eccentricity',
    label: 'Ecc.',
    title: 'Eccentricity of stars: 0 is round, above 0.6 is visibly drawn out',
    value: (frame) =>
      frame.assessment.stars.fwhmPx > 0 ? frame.assessment.stars.eccentricity : undefined,
  },
  {
    id: 'stars',
    label: 'Stars',
    title: 'Stars found',
    value: (frame) => frame.assessment.stars.count,
  },
  {
    id: 'background',
    label: 'Sky',
    title: 'Typical sky level in image units, and the noise of one pixel',
    value: (frame) => frame.assessment.background.level,
  },
  {
    id: 'transparency',
    label: 'Transp.',
    title: 'Star light that came through, against the session’s clear frames',
    value: (frame) => frame.assessment.clouds.transparency ?? undefined,
  },
  {
    id: 'streaks',
    label: 'Trails',
    title: 'Trails found',
    value: (frame) => frame.assessment.streaks.length,
  },
  {
    id: 'causes',
    label: 'Why',
    title: 'Causes, worst first',
    value: (frame) => causeNames(frame.assessment.causes).join(', ') || undefined,
  },
]

/** What the reader chose to see. */
export interface Choice {
  readonly query: string
  /** Empty: every action. */
  readonly actions: readonly Action[]
  /** Kinds of causes; a frame with any of them is shown. Empty: every frame. */
  readonly causes: readonly string[]
  /** Key of a session; empty: all. */
  readonly session: string
  /** Id of a column; empty: the order of the night. */
  readonly sort: string
  readonly descending: boolean
}

export const everything: Choice = {
  query: '',
  actions: [],
  causes: [],
  session: '',
  sort: '',
  descending: false,
}

/** Whether a frame passes the filters. Every word of the search must occur in its name or its causes. */
export function isChosen(frame: PageFrame, choice: Choice): boolean {
  const { action, causes } = frame.assessment
  if (choice.session !== '' && frame.sessionKey !== choice.session) return false
  if (choice.actions.length > 0 && !choice.actions.includes(action)) return false
  if (choice.causes.length > 0 && !causes.some((cause) => choice.causes.includes(cause.kind)))
    return false
  const words = choice.query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return true
  const text = [frame.file, ...causes.map((cause) => wordsFor(cause.kind).name)]
    .join(' ')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

function compareValues(a: number | string, b: number | string): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : collator.compare(String(a), String(b))
}

/** The chosen frames in the chosen order. Equal ones keep the order of the night. */
export function chooseFrames(frames: readonly PageFrame[], choice: Choice): readonly PageFrame[] {
  const chosen = frames.filter((frame) => isChosen(frame, choice))
  const column = columns.find(({ id }) => id === choice.sort)
  if (column === undefined) return chosen
  const turn = choice.descending ? -1 : 1
  return chosen.sort((one, two) => {
    const a = column.value(one)
    const b = column.value(two)
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined) || one.id - two.id
    return turn * compareValues(a, b) || one.id - two.id
  })
}

/** The same list with a value added, or taken out where it was in. */
export function toggled<T>(list: readonly T[], value: T): readonly T[] {
  return list.includes(value) ? list.filter((one) => one !== value) : [...list, value]
}
