import { explainCause } from '@nebulift/prefilter'
import type { ManifestFrame } from './manifest.ts'

type Cell = string | number | null | undefined

/** Columns of `manifest.csv`, in order; the package's README says what each means. */
const columns: Readonly<Record<string, (frame: ManifestFrame) => Cell>> = {
  file: ({ file }) => file,
  verdict: ({ verdict }) => verdict,
  action: ({ action }) => action,
  score: ({ score }) => rounded(score, 3),
  causes: ({ causes, corrected }) =>
    (corrected?.causes ?? causes.map(({ kind }) => kind)).join(' '),
  why: ({ causes }) => causes.map(explainCause).join(' '),
  time_utc: ({ timeMs }) => (timeMs === undefined ? undefined : new Date(timeMs).toISOString()),
  exposure_s: ({ exposureS }) => exposureS,
  object: ({ object }) => object,
  filter: ({ filter }) => filter,
  session: ({ sessionKey }) => sessionKey,
  width: ({ width }) => width,
  height: ({ height }) => height,
  stars: ({ stars }) => stars.count,
  fwhm_px: ({ stars }) => rounded(stars.fwhmPx, 3),
  fwhm_arcsec: ({ stars }) => rounded(stars.fwhmArcsec, 3),
  hfr_px: ({ stars }) => rounded(stars.hfrPx, 3),
  eccentricity: ({ stars }) => rounded(stars.eccentricity, 3),
  elongation_deg: ({ stars }) => rounded(stars.elongationDeg, 1),
  background: ({ background }) => rounded(background.level, 3),
  noise: ({ background }) => rounded(background.rms, 3),
  gradient: ({ background }) => rounded(background.gradient, 4),
  streaks: ({ streaks }) => streaks.length,
  cloud_coverage: ({ clouds }) => rounded(clouds.coverage, 3),
  transparency: ({ clouds }) => rounded(clouds.transparency, 3),
  sorted: ({ sorted }) => sorted,
  mask: ({ mask }) => mask,
  corrected_at: ({ corrected }) => corrected?.at,
  prefilter_verdict: ({ verdict, corrected, prefilter }) =>
    prefilter?.verdict ?? corrected?.was.verdict ?? verdict,
  prefilter_action: ({ action, corrected, prefilter }) =>
    prefilter?.action ?? corrected?.was.action ?? action,
  clean_probability: ({ probability }) => rounded(probability, 3),
  decided_by: ({ decidedBy }) => decidedBy,
}

/** Names of the columns of `manifest.csv`. */
export const csvColumns: readonly string[] = Object.keys(columns)

/** One line of names, then one line a frame (RFC 4180: CRLF, quotes where needed). */
export function encodeCsv(frames: readonly ManifestFrame[]): string {
  const rows = frames.map((frame) => Object.values(columns).map((column) => column(frame)))
  return [csvColumns, ...rows].map((row) => `${row.map(quote).join(',')}\r\n`).join('')
}

function rounded(value: number | null | undefined, digits: number): number | undefined {
  return value === undefined || value === null ? undefined : Number(value.toFixed(digits))
}

/** One cell, in quotes where commas, quotes, line breaks or spaces at its ends need them. */
export function quote(cell: Cell): string {
  const text = cell === undefined || cell === null ? '' : String(cell)
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
