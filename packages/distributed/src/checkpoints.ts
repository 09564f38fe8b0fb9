/** A state of a training. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number
  readonly state: Uint8Array
  /** Whether training was to stop here, though epochs were left. */
  readonly stopped: boolean
}

/** Where states of a training are kept. */
export interface CheckpointStore {
  /** Keeps a checkpoint for good: when this resolves, it outlives the machine's power. */
  save(checkpoint: Checkpoint): Promise<void>
  /** The newest sound one. */
  latest(): Promise<Checkpoint | undefined>
}
