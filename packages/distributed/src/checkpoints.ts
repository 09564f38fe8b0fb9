/** Where states of a training are kept. */
export interface CheckpointStore {
  /** Keeps a state for good: when this resolves, it outlives the machine's power. */
  save(step: number, state: Uint8Array): Promise<void>
  /** The newest sound one. */
  latest(): Promise<{ readonly step: number; readonly state: Uint8Array } | undefined>
}
