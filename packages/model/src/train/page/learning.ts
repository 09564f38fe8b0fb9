import { type Chart, chartFigure } from './chart.ts'
import { html, type Markup } from './markup.ts'
import { type TrainingSummary, thinned } from './summary.ts'

const MOST_POINTS = 400

/** Curves over the course of the training: losses, accuracy, learning rate, speed. */
export function learningCurves(summary: TrainingSummary): Markup {
  const charts = [
    lossChart(summary),
    accuracyChart(summary),
    stepChart(summary, { title: 'Learning rate', yLabel: 'rate', of: ({ rate }) => rate }),
    stepChart(summary, {
      title: 'Speed',
      yLabel: 'images per second',
      of: ({ imagesPerSecond }) => imagesPerSecond,
    }),
  ]
  return html`<h2>Learning</h2>
<div class="wide">${charts.map(chartFigure)}</div>
`
}

function lossChart(summary: TrainingSummary): Chart {
  const { epochs } = summary
  return {
    title: 'Loss',
    xLabel: 'epochs',
    yLabel: 'cross-entropy (nats)',
    ...sharedAxis(summary),
    series: [
      { name: 'steps', color: 'c0', faint: true, points: overEpochs(summary, ({ loss }) => loss) },
      {
        name: 'training',
        color: 'c0',
        points: epochs.map((e) => [e.epoch + 1, e.trainLoss]),
        dots: true,
      },
      {
        name: 'validation',
        color: 'c1',
        points: epochs.map((e) => [e.epoch + 1, e.validationLoss]),
        dots: true,
      },
    ],
  }
}

function accuracyChart(summary: TrainingSummary): Chart {
  const { epochs } = summary
  return {
    title: 'Accuracy',
    xLabel: 'epochs',
    yLabel: 'share predicted right',
    yRange: [lowest(epochs), 1],
    ...sharedAxis(summary),
    series: [
      {
        name: 'training',
        color: 'c0',
        points: epochs.map((e) => [e.epoch + 1, e.trainAccuracy]),
        dots: true,
      },
      {
        name: 'validation',
        color: 'c1',
        points: epochs.map((e) => [e.epoch + 1, e.validationAccuracy]),
        dots: true,
      },
      {
        name: 'validation macro-F1',
        color: 'c2',
        points: epochs.map((e) => [e.epoch + 1, e.validationMacroF1]),
        dots: true,
      },
    ],
  }
}

function stepChart(
  summary: TrainingSummary,
  { title, yLabel, of }: { title: string; yLabel: string; of: Measure },
): Chart {
  const points = overEpochs(summary, of)
  // From zero: a speed that trembles by a percent should look steady.
  const most = points.reduce((high, [, y]) => Math.max(high, y), 0)
  const yRange = [0, 1.1 * most || 1] as const
  const { xRange } = sharedAxis(summary)
  const series = [{ name: 'steps', color: 'c2', points }]
  return { title, xLabel: 'epochs', yLabel, xRange, yRange, series }
}

/** The floor of the accuracy's axis: the tenth below the worst value. */
function lowest(epochs: TrainingSummary['epochs']): number {
  const values = epochs.flatMap((e) => [e.trainAccuracy, e.validationAccuracy, e.validationMacroF1])
  const least = values.reduce((low, value) => Math.min(low, value), 0.9)
  return Math.max(0, Math.floor(least * 10) / 10)
}

type Measure = (step: TrainingSummary['steps'][number]) => number

/** A measure of the steps against epochs, so that all charts share one axis. */
function overEpochs({ steps, start }: TrainingSummary, of: Measure) {
  const perEpoch = start?.stepsPerEpoch ?? 1
  return thinned(
    steps.map((each) => [each.step / perEpoch, of(each)] as const),
    MOST_POINTS,
  )
}

/** All charts run from the start to where the training stands, and mark the epoch that is kept. */
function sharedAxis({ best, epochs, steps, start }: TrainingSummary) {
  const stepped = ((steps.at(-1)?.step ?? -1) + 1) / (start?.stepsPerEpoch ?? 1)
  const reached = Math.max(stepped, (epochs.at(-1)?.epoch ?? -1) + 1)
  const mark = best && { x: best.epoch + 1, label: `best, epoch ${best.epoch + 1}` }
  return { xRange: [0, reached] as const, ...(mark && { mark }) }
}
