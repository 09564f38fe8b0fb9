import type { CauseKind } from '@nebulift/prefilter'
import type { Manifest } from '../output/manifest.ts'
import { countVerdicts } from '../output/manifest.ts'
import { verdictFormats } from './frameText.ts'
import type { Paint } from './terminal.ts'
import { formatTable, plural } from './text.ts'

/** The night in a small table: how many frames of each verdict, and why. */
export function nightText(manifest: Manifest, paint: Paint): string {
  const { frames, sessions } = manifest
  const counts = countVerdicts(frames)
  const rows = Object.entries(counts).map(([verdict, count]) => [
    paint(verdictFormats[verdict as keyof typeof counts], verdict),
    String(count),
    reasons(manifest, verdict),
  ])
  const kept = frames.filter(({ action }) => action === 'keep' || action === 'mask').length
  const heading = `${plural(frames.length, 'frame')} in ${plural(sessions.length, 'session')}, ${kept} fit to stack`
  return [
    paint('bold', heading),
    formatTable(rows, { right: [1], indent: '  ' }),
    ...calibrationLines(manifest),
    ...(manifest.failed.length > 0
      ? [`  ${paint('red', plural(manifest.failed.length, 'failure'))}: ${failedNames(manifest)}`]
      : []),
  ].join('\n')
}

/** Causes with their counts, the most frequent first. */
function reasons({ frames }: Manifest, verdict: string): string {
  const counts = new Map<CauseKind, number>()
  for (const frame of frames.filter((each) => each.verdict === verdict)) {
    for (const kind of new Set(frame.causes.map((cause) => cause.kind))) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1])
  return sorted.map(([kind, count]) => `${kind} ${count}`).join(', ')
}

function calibrationLines({ calibration, frames }: Manifest): string[] {
  if (calibration.length === 0) return []
  const kinds = Map.groupBy(calibration, ({ kind }) => kind)
  const counts = [...kinds].map(([kind, members]) => `${members.length} ${kind}`).join(', ')
  const all = frames.length === 0 ? ' There is no light frame in this folder.' : ''
  return [
    `  ${plural(calibration.length, 'calibration frame')} (${counts}) not judged as pictures of the sky.${all}`,
  ]
}

function failedNames({ failed }: Manifest): string {
  const names = [...new Set(failed.map(({ file }) => file))]
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
