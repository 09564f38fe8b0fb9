import type { BatchEvent, OnBatchEvent } from '../night/events.ts'
import { measuredText, streakText } from '../terminal/frameText.ts'
import type { Progress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { plural, printable } from '../terminal/text.ts'

/** What people should know of a frame whose header does not say that it is a mosaic. */
export const mosaicNote =
  'the header names no Bayer pattern, but the pixels form a mosaic: read as one (mean of 2 x 2 pixels)'

/** Shows a batch as it goes on: a progress bar, one line for each failure, detail when verbose. */
export function showBatch(terminal: Terminal): { onEvent: OnBatchEvent; stop: () => void } {
  let progress: Progress | undefined
  const onEvent = (event: BatchEvent) => {
    switch (event.type) {
      case 'found': {
        const known = event.files - event.open
        const cached = known > 0 ? `, ${known} of them measured before` : ''
        const workers = event.open > 0 ? `; ${plural(event.jobs, 'worker')}` : ''
        terminal.log('debug', `${plural(event.files, 'file')} found${cached}${workers}`)
        if (event.open > 0) progress = terminal.progress('judging', event.open)
        break
      }
      case 'measured':
        progress?.advance(event.cached ? 0 : event.judged.width * event.judged.height)
        logMeasured(terminal, event)
        break
      case 'failed':
        terminal.log('error', event.error, { file: printable(event.file) })
        break
      case 'note':
        terminal.log('warn', event.message)
    }
  }
  return { onEvent, stop: () => progress?.stop() }
}

function logMeasured(
  terminal: Terminal,
  { file, judged, cached }: Extract<BatchEvent, { type: 'measured' }>,
): void {
  const { stars, background, streaks, rejectedStreaks } = judged.measurement
  const { readMs, measureMs } = judged
  const fields = { file: printable(file), cached, readMs, measureMs, stars, streaks }
  terminal.log('debug', measuredText(judged), {
    ...fields,
    background: { level: background.level, rms: background.rms, gradient: background.gradient },
  })
  if (judged.mosaic === 'pixels') terminal.log('debug', mosaicNote, { file: printable(file) })
  for (const { streak, reason } of rejectedStreaks) {
    const message = `not a trail: ${streakText(streak)}: ${reason}`
    terminal.log('debug', message, { file: printable(file), streak, reason })
  }
}
