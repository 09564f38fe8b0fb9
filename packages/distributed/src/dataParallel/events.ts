/** One step is done. */
export interface StepEvent {
  readonly kind: 'step'
  /** From 0. */
  readonly epoch: number
  /** Steps done since the training began, this one among them. */
  readonly step: number
  /** Means over all passes of the step; where ranks step alone, over this rank's own. */
  readonly numbers: Readonly<Record<string, number>>
  /** The whole step, and the parts of it: loading that was waited for, computing, and talking not hidden behind it. */
  readonly stepMs: number
  readonly dataMs: number
  readonly computeMs: number
  readonly communicateMs: number
  /** Time in which sums were under way, hidden or not. */
  readonly allReduceMs: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Over all ranks together. */
  readonly examples: number
  /** Of this rank's passes. */
  readonly ownExamples: number
  readonly examplesPerSecond: number
  readonly rank: number
  readonly world: number
  readonly generation: number
}

/** The ranks have met, at first or anew, and hold the same state. */
export interface MeetingEvent {
  readonly kind: 'meeting'
  readonly generation: number
  readonly rank: number
  readonly world: number
  /** The rank whose state all took over. */
  readonly source: number
  /** Steps done. */
  readonly step: number
  readonly meetingMs: number
}

/** A checkpoint has been written. */
export interface CheckpointEvent {
  readonly kind: 'checkpoint'
  readonly step: number
  readonly bytes: number
  readonly checkpointMs: number
}

/** What a training tells of itself. */
export type TrainEvent = StepEvent | MeetingEvent | CheckpointEvent
