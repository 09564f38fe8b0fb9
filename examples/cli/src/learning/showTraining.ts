import type { training } from '@nebulift/model'
import type { Progress } from '../terminal/progress.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { plural } from '../terminal/text.ts'

/** Shows a training while it runs: a bar of examples, and a line for each epoch. */
export function showTraining(terminal: Terminal, { json }: { readonly json: boolean }) {
  let progress: Progress | undefined
  let batch = 0
  const show = (event: training.TrainingEvent) => {
    if (json) return terminal.log('info', JSON.stringify(event))
    switch (event.kind) {
      case 'start': {
        const { trainExamples, validationExamples, parameters, epochs, stepsPerEpoch } = event
        batch = event.batch
        const done = event.resumedAt ?? 0
        terminal.log(
          'info',
          `${plural(trainExamples, 'example')} to learn from, ${validationExamples} to check with`,
        )
        terminal.log(
          'info',
          `${event.network}, ${(parameters / 1e6).toFixed(2)} million numbers to learn`,
        )
        if (done > 0) terminal.log('info', `going on after step ${done}`)
        progress = terminal.progress('training', (epochs * stepsPerEpoch - done) * batch)
        break
      }
      case 'step':
        for (let i = 0; i < batch; i++) progress?.advance()
        break
      case 'epoch':
        progress?.clear()
        terminal.log('info', epochText(event))
        progress?.draw()
        break
      case 'problem':
        progress?.clear()
        terminal.log('warn', event.message)
        break
      case 'done':
        progress?.stop()
    }
  }
  return { onEvent: show, stop: () => progress?.stop() }
}

function epochText(event: training.EpochEvent): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  const loss = `loss ${event.trainLoss.toFixed(3)}, checked ${event.validationLoss.toFixed(3)}`
  return `epoch ${event.epoch + 1}: ${loss}, right ${percent(event.validationAccuracy)}${event.best ? ', best so far' : ''}`
}
