import type { TrainingEvent } from './events.ts'
import { judgement } from './page/judgement.ts'
import { learningCurves } from './page/learning.ts'
import { html, type Markup, percent, short } from './page/markup.ts'
import { styleSheet } from './page/style.ts'
import { summarize, type TrainingSummary } from './page/summary.ts'

/** Settings of `trainingPage`. */
export interface TrainingPageOptions {
  /** Heading. Default: the name of the network. */
  readonly title?: string
}

/**
 * One HTML file that shows a training: curves, confusion, calibration. It holds no script and asks for
 * nothing from anywhere, opens off-line, and follows the reader's choice of light or dark. A log of a training
 * still under way, or of none, is shown as far as it goes.
 */
export function trainingPage(
  log: readonly TrainingEvent[],
  options: TrainingPageOptions = {},
): string {
  const summary = summarize(log)
  const { start, done, problems, epochs, steps } = summary
  const title = options.title ?? start?.network ?? 'Training'
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title} – Nebulift</title>
<style>${{ markup: styleSheet }}</style>
</head>
<body>
<header><h1>${title}</h1><p class="quiet">${introduction(summary)}</p></header>
<main>
${cards(summary)}${problems.length > 0 ? problemList(problems) : ''}
${epochs.length + steps.length > 0 ? learningCurves(summary) : ''}
${done?.evaluation ? judgement(done.evaluation, start?.classes ?? []) : ''}
</main>
<footer>${footer(log)}</footer>
</body>
</html>
`.markup
}

function introduction({ start }: TrainingSummary): string {
  if (!start) return 'The training has not begun.'
  const examples = `${grouped(start.trainExamples)} examples to learn from, ${grouped(start.validationExamples)} held out`
  const learned = `${grouped(start.parameters)} parameters`
  const manner = `${start.optimizer}, batches of ${start.batch}, seed ${start.seed}`
  return [start.network, learned, examples, manner].join(' · ')
}

function cards({
  start,
  steps,
  epochs,
  done,
  best,
  workedMs,
  resumptions,
}: TrainingSummary): Markup {
  const [lastStep, lastEpoch] = [steps.at(-1), epochs.at(-1)]
  const speeds = (epochs.length > 0 ? epochs : steps).map((each) => each.imagesPerSecond)
  const often = resumptions === 1 ? 'resumed once' : `resumed ${resumptions} times`
  return html`<div class="cards">
${card('State', stateOf(done), lastStep ? `${grouped(lastStep.step + 1)} steps` : '')}
${card('Epochs', `${epochs.length} of ${start?.epochs ?? '–'}`, best ? `best: epoch ${best.epoch + 1}` : '')}
${card('Accuracy', best ? percent(best.validationAccuracy) : '–', best ? `macro-F1 ${percent(best.validationMacroF1)}, held out` : '')}
${card('Validation loss', best ? short(best.validationLoss) : '–', lastEpoch ? `last ${short(lastEpoch.validationLoss)}` : '')}
${card('Speed', speeds.length > 0 ? `${short(Number(median(speeds).toPrecision(3)))} /s` : '–', 'images, median')}
${card('Time', durationOf(workedMs), resumptions > 0 ? often : '')}
</div>`
}

function card(label: string, value: string, more: string): Markup {
  return html`<div class="panel"><p>${label}</p><p class="value">${value}</p><p class="quiet">${more}</p></div>`
}

function problemList(problems: readonly string[]): Markup {
  const head = problems.length === 1 ? 'A problem' : `${problems.length} problems`
  return html`<section class="panel problems"><h3>${head}</h3><ul>${problems.map((text) => html`<li>${text}</li>`)}</ul></section>`
}

function stateOf(done: TrainingSummary['done']): string {
  if (!done) return 'under way'
  return { finished: 'finished', 'stopped-early': 'stopped early', interrupted: 'interrupted' }[
    done.reason
  ]
}

function footer(log: readonly TrainingEvent[]): string {
  const last = log.at(-1)
  if (!last) return ''
  const moment = new Date(last.timeMs).toISOString().slice(0, 16).replace('T', ' ')
  return `As of ${moment} UTC. The page holds all it shows and asks for nothing from elsewhere.`
}

function durationOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return `${Math.round(ms / 1000)} s`
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f')
}
