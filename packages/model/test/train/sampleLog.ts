import { evaluate } from '../../src/metrics/evaluation.ts'
import { softmax } from '../../src/metrics/softmax.ts'
import { random } from '../../src/random.ts'
import type { TrainingEvent } from '../../src/train/events.ts'
import { oneCycle } from '../../src/train/schedules.ts'

/** A made-up training such as one of frames by kind: it learns, then learns by heart. */
export function sampleLog({ epochs = 24, stepsPerEpoch = 60, until = 24 } = {}): TrainingEvent[] {
  const source = random(11)
  const classes = ['clean', 'trail', 'cloud', 'defocus']
  const rate = oneCycle({ peak: 0.05, steps: epochs * stepsPerEpoch })
  let timeMs = Date.UTC(2026, 10, 20, 21, 4)
  const log: TrainingEvent[] = [
    {
      kind: 'start',
      timeMs,
      network: 'resnet18',
      classes,
      trainExamples: stepsPerEpoch * 16,
      validationExamples: 400,
      batch: 16,
      epochs,
      stepsPerEpoch,
      parameters: 11_178_564,
      optimizer: 'sgd',
      seed: 1,
    },
  ]
  const falling = (epoch: number) => 0.06 + 1.3 * Math.exp(-epoch / 5)
  let best = Number.POSITIVE_INFINITY
  for (let epoch = 0; epoch < until; epoch++) {
    for (let i = 0; i < stepsPerEpoch; i++) {
      const step = epoch * stepsPerEpoch + i
      const loss = falling(epoch + i / stepsPerEpoch) * Math.exp(0.25 * source.normal())
      const imagesPerSecond = 25.5 + source.normal()
      timeMs += (16 / imagesPerSecond) * 1000
      log.push({ kind: 'step', timeMs, epoch, step, loss, rate: rate(step), imagesPerSecond })
    }
    const validationLoss = falling(epoch + 1) + 0.08 + 0.006 * epoch + 0.02 * source.normal()
    timeMs += 6000
    log.push({
      kind: 'epoch',
      timeMs,
      epoch,
      steps: (epoch + 1) * stepsPerEpoch,
      trainLoss: falling(epoch + 0.5),
      validationLoss,
      trainAccuracy: 1 - 0.45 * falling(epoch + 0.5),
      validationAccuracy: 1 - 0.42 * validationLoss,
      validationMacroF1: 1 - 0.46 * validationLoss,
      imagesPerSecond: 25.4,
      best: validationLoss < best,
    })
    best = Math.min(best, validationLoss)
  }
  if (until < epochs) return log
  const labels = Array.from({ length: 400 }, () => Math.max(0, source.below(7) - 3))
  const logits = labels.flatMap((label) =>
    classes.map((_, c) => 2.1 * source.normal() + (c === label ? 5 : 0)),
  )
  const evaluation = evaluate(softmax(logits, 4), labels)
  log.push({ kind: 'done', timeMs, reason: 'finished', bestEpoch: 15, evaluation })
  return log
}
