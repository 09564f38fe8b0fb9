import type { ModelDescription } from '@nebulift/model'
import type { DatasetManifest } from '../dataset/manifest.ts'
import { statsOf } from '../dataset/stats.ts'
import { plural } from '../terminal/text.ts'
import type { ModelEvaluation } from './evaluateModel.ts'

/** What a model card tells, as plain JSON. */
export interface ModelCard {
  readonly model: ModelDescription
  readonly data: {
    readonly recipe: DatasetManifest['recipe']
    readonly examples: number
    readonly nights: number
    readonly labels: Readonly<Record<string, number>>
    readonly labelledBy: Readonly<Record<string, number>>
    readonly flaws: Readonly<Record<string, number>>
  }
  /** On nights that were neither learned from nor used to choose. */
  readonly test: ModelEvaluation | null
  /** Sizes of the files in bytes. */
  readonly bytes: { readonly float: number; readonly int8: number | null }
  readonly limits: readonly string[]
}

/** Gathers what is known of a model. */
export function modelCard(
  model: ModelDescription,
  manifest: DatasetManifest,
  { test, bytes }: Pick<ModelCard, 'test' | 'bytes'>,
): ModelCard {
  const stats = statsOf(manifest)
  const { examples, labels, labelledBy, flaws, nights } = stats
  return {
    model,
    data: { recipe: manifest.recipe, examples, nights: nights.length, labels, labelledBy, flaws },
    test,
    bytes,
    limits: limitsOf(manifest, test),
  }
}

function limitsOf(manifest: DatasetManifest, test: ModelEvaluation | null): string[] {
  const origins = new Set(manifest.examples.map(({ labelledBy }) => labelledBy))
  return [
    'It sees 224 x 224 pixels and the measures of the prefilter: what neither shows it cannot know.',
    ...(manifest.recipe.kind === 'simulated'
      ? ['It has learned from simulated frames alone; real skies hold things no simulation has.']
      : []),
    ...(origins.has('prefilter')
      ? [
          'Labels by the prefilter teach it the prefilter’s mistakes too; corrected ones teach more.',
        ]
      : []),
    ...(test && test.examples < 200
      ? [`Its test has ${test.examples} frames only: a percent more or less says little.`]
      : []),
    ...(sharesNights(manifest)
      ? ['Too few nights: frames of one night are on both sides, so that its test flatters it.']
      : []),
    ...(isWorse(test) ? ['It is worse than the prefilter alone: do not use it yet.'] : []),
    ...(test ? [] : ['No night was left over to test it on.']),
  ]
}

/** Whether a night was both learned from and tested on. */
function sharesNights({ examples }: DatasetManifest): boolean {
  const on = (side: string) =>
    new Set(examples.filter(({ split }) => split === side).map(({ night }) => night))
  const learned = on('train')
  return [...on('test')].some((night) => learned.has(night))
}

/** Whether the model alone is right less often than the prefilter. */
function isWorse(test: ModelEvaluation | null): boolean {
  const right = (judge: string) =>
    test?.judges.find((found) => found.judge === judge)?.accuracy ?? 0
  return right('model') < right('prefilter')
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`

/** A card in Markdown. */
export function modelCardText(name: string, card: ModelCard): string {
  const { model, data, test, bytes } = card
  const counts = (all: Readonly<Record<string, number>>) =>
    Object.entries(all)
      .map(([word, count]) => `${word} ${count}`)
      .join(', ')
  const size = (n: number) => `${(n / 1e6).toFixed(2)} MB`
  return [
    `# ${name}`,
    '',
    `Tells ${model.classes.join(' from ')} frames: ${model.network.name}, ${JSON.stringify(model.network.settings)}.`,
    `Float32 ${size(bytes.float)}${bytes.int8 === null ? '' : `, int8 ${size(bytes.int8)}`}; temperature ${model.temperature.toFixed(3)}.`,
    '',
    '## Data',
    '',
    `${data.examples} examples of ${plural(data.nights, 'night')}: ${counts(data.labels)}; labelled by ${counts(data.labelledBy)}.`,
    `Flaws: ${counts(data.flaws)}. Recipe: \`${JSON.stringify(data.recipe)}\`.`,
    '',
    '## Test',
    '',
    ...(test ? testText(test) : ['No night was left over to test it on.']),
    '',
    '## Limits',
    '',
    ...card.limits.map((limit) => `- ${limit}`),
    '',
    '## Provenance',
    '',
    '```json',
    JSON.stringify(model.provenance, null, 1),
    '```',
    '',
  ].join('\n')
}

/** The three judges in one table, then the model's own confusion and calibration. */
export function testText(test: ModelEvaluation): string[] {
  const rows = test.judges.map(
    ({ judge, accuracy, macroF1, falseAlarms, missed, review }) =>
      `| ${judge} | ${[accuracy, macroF1, falseAlarms, missed, review].map(percent).join(' | ')} |`,
  )
  const [clean = [], contaminated = []] = test.model.confusion
  return [
    `${test.examples} frames of ${plural(test.nights, 'night')}. Left for review counts as not right.`,
    '',
    '| judge | right | macro-F1 | clean called contaminated | contaminated called clean | left for review |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    `Model alone: clean ${clean.join(' / ')}, contaminated ${contaminated.join(' / ')} (called clean / contaminated);`,
    `calibration error ${percent(test.model.calibration.expectedError)}, Brier ${test.model.brier.toFixed(4)}.`,
  ]
}
