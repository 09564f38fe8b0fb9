import type { Evaluation } from '../metrics/evaluation.ts'

/** Something that happened in a training; one line of JSON in its log. */
export type TrainingEvent = StartEvent | StepEvent | EpochEvent | DoneEvent | ProblemEvent

interface Moment {
  /** Milliseconds since 1970 UTC. */
  readonly timeMs: number
}

/** Training begins, or goes on after an interruption. */
export interface StartEvent extends Moment {
  readonly kind: 'start'
  readonly network: string
  /** Names of the classes, in the order of the network's outputs. */
  readonly classes: readonly string[]
  readonly trainExamples: number
  readonly validationExamples: number
  /** Examples of one step. */
  readonly batch: number
  readonly epochs: number
  readonly stepsPerEpoch: number
  /** Numbers that are learned. */
  readonly parameters: number
  readonly optimizer: string
  readonly seed: number
  /** Steps made before an interruption; absent or 0 at a first start. */
  readonly resumedAt?: number
}

/** A step was made. */
export interface StepEvent extends Moment {
  readonly kind: 'step'
  /** Epoch, from 0. */
  readonly epoch: number
  /** Steps over the whole training, from 0. */
  readonly step: number
  /** Mean loss of the batch. */
  readonly loss: number
  /** Learning rate. */
  readonly rate: number
  readonly imagesPerSecond: number
}

/** An epoch ended and the held-out examples were judged. */
export interface EpochEvent extends Moment {
  readonly kind: 'epoch'
  /** Epoch, from 0. */
  readonly epoch: number
  /** Steps made so far. */
  readonly steps: number
  readonly trainLoss: number
  readonly validationLoss: number
  /** Shares predicted right, 0..1. */
  readonly trainAccuracy: number
  readonly validationAccuracy: number
  readonly validationMacroF1: number
  readonly imagesPerSecond: number
  /** Whether this is the best epoch so far, whose parameters are kept. */
  readonly best: boolean
}

/** Training ended in good order. */
export interface DoneEvent extends Moment {
  readonly kind: 'done'
  readonly reason: 'finished' | 'stopped-early' | 'interrupted'
  /** Epoch whose parameters are kept, from 0. */
  readonly bestEpoch: number
  /** How the kept parameters judge the held-out examples. */
  readonly evaluation?: Evaluation
}

/** Something went wrong; training may have gone on. */
export interface ProblemEvent extends Moment {
  readonly kind: 'problem'
  /** One line for people. */
  readonly message: string
}

/** The events of a log's text, one JSON object a line. Lines that a crash cut short are left out. */
export function parseTrainingLog(text: string): readonly TrainingEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event = JSON.parse(line)
      return typeof event?.kind === 'string' ? [event as TrainingEvent] : []
    } catch {
      return []
    }
  })
}
