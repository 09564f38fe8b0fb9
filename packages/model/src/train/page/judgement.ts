import type { Evaluation } from '../../metrics/evaluation.ts'
import { chartFigure, type Series } from './chart.ts'
import { html, type Markup, percent } from './markup.ts'

const COLORS = 6
const unit = [0, 1] as const

/** How the kept parameters judge the held-out examples: matrix, scores, curves, reliability. */
export function judgement(evaluation: Evaluation, classes: readonly string[]): Markup {
  const names = evaluation.confusion.map((_, i) => classes[i] ?? `class ${i}`)
  return html`<h2>Judgement of the held-out examples</h2>
<div class="wide">${confusionTable(evaluation, names)}${scoreTable(evaluation, names)}</div>
<div class="three">${rocChart(evaluation, names)}${precisionRecallChart(evaluation, names)}${reliabilityChart(evaluation)}</div>
`
}

function confusionTable({ confusion }: Evaluation, names: readonly string[]): Markup {
  const rows = confusion.map((row, own) => {
    const examples = row.reduce((sum, count) => sum + count, 0)
    const cells = row.map((count) => {
      const share = examples === 0 ? 0 : count / examples
      return html`<td style="--share:${share.toFixed(3)}">${count}<small>${percent(share)}</small></td>`
    })
    return html`<tr><th scope="row">${names[own]}</th>${cells}</tr>`
  })
  const heads = names.map((name) => html`<th scope="col">${name}</th>`)
  return html`<figure class="panel"><figcaption><h3>Confusion</h3><span class="key">rows: truth, columns: prediction, shares of the row</span></figcaption><div class="scroll"><table class="matrix"><thead><tr><td></td>${heads}</tr></thead><tbody>${rows}</tbody></table></div></figure>
`
}

function scoreTable({ scores, brier, calibration }: Evaluation, names: readonly string[]): Markup {
  const rows = scores.classes.map(
    ({ precision, recall, f1, examples }, i) =>
      html`<tr><th scope="row">${names[i]}</th><td>${percent(precision)}</td><td>${percent(recall)}</td><td>${percent(f1)}</td><td>${examples}</td></tr>`,
  )
  const heads = ['class', 'precision', 'recall', 'F1', 'examples'].map(
    (name) => html`<th scope="col">${name}</th>`,
  )
  return html`<figure class="panel"><figcaption><h3>By class</h3></figcaption><div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>
<p class="quiet">Accuracy ${percent(scores.accuracy)} · macro-F1 ${percent(scores.macroF1)} · Brier score ${brier.toFixed(4)} (0 to 2) · expected calibration error ${percent(calibration.expectedError)}</p></figure>
`
}

function rocChart({ curves }: Evaluation, names: readonly string[]): Markup {
  return chartFigure({
    title: 'ROC',
    xLabel: 'false positive rate',
    yLabel: 'true positive rate',
    xRange: unit,
    yRange: unit,
    square: true,
    diagonal: true,
    series: curves.map(({ falsePositiveRate, truePositiveRate, area }, i) => ({
      ...named(names[i], 'AUC', area, i),
      points: falsePositiveRate.map((x, at) => [x, truePositiveRate[at]] as const),
    })),
  })
}

function precisionRecallChart({ curves }: Evaluation, names: readonly string[]): Markup {
  return chartFigure({
    title: 'Precision and recall',
    xLabel: 'recall',
    yLabel: 'precision',
    xRange: unit,
    yRange: unit,
    square: true,
    series: curves.map(({ recall, precision, averagePrecision }, i) => ({
      ...named(names[i], 'AP', averagePrecision, i),
      points: recall.map((x, at) => [x, precision[at]] as const),
    })),
  })
}

function named(
  name: string,
  measure: string,
  value: number | null,
  index: number,
): Pick<Series, 'name' | 'color'> {
  const text = value === null ? '–' : value.toFixed(4)
  return { name: `${name}, ${measure} ${text}`, color: `c${index % COLORS}` }
}

function reliabilityChart({ calibration }: Evaluation): Markup {
  const full = calibration.bins.filter(({ count }) => count > 0)
  return chartFigure({
    title: 'Reliability',
    xLabel: 'confidence',
    yLabel: 'share predicted right',
    xRange: unit,
    yRange: unit,
    square: true,
    diagonal: true,
    series: [
      {
        name: `bins of equal width, ${calibration.bins.length} in all; a dot’s area tells its examples, the dashes what is perfect`,
        color: 'c2',
        points: full.map(({ confidence, accuracy }) => [confidence, accuracy] as const),
        dots: true,
        weights: full.map(({ count }) => count),
      },
    ],
  })
}
