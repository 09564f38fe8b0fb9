/** Gradients of one part of the network, by parameter; `numbers` (loss, right answers, …) come with one of the parts. */
export interface Part {
  readonly gradients: ReadonlyMap<string, Float32Array>
  /** Sums or means of one pass that are averaged over all passes of a step, by name: equal names on all ranks. */
  readonly numbers?: Readonly<Record<string, number>>
}

/** One rank's copy of what is trained. It knows nothing of the others. */
export interface Replica<Batch> {
  /** How gradients lie: only like ones can be averaged. Compared when ranks meet. */
  readonly layout: string
  /**
   * Gradients of a batch, mean over it, in parts as they are computed: those of the last layers first. The parts are
   * the same on all ranks and at every step. The arrays may be reused once the next part is asked for.
   */
  gradients(batch: Batch): AsyncIterable<Part>
  /** One step along the mean gradients, which are only read, and may lie in shared memory. */
  update(gradients: ReadonlyMap<string, Float32Array>, step: number): Promise<void>
  /** Everything that training changes, in bytes that later steps leave alone. Equal states give equal bytes. */
  snapshot(): Promise<Uint8Array>
  restore(state: Uint8Array): Promise<void>
  /**
   * Numbers that passes change and gradients do not cover (running statistics of batch norms): taken from rank 0
   * before every snapshot, as PyTorch's DistributedDataParallel does. Views that may be written; default none.
   */
  buffers?(): Promise<Float32Array>
  setBuffers?(data: Float32Array): Promise<void>
  /** All weights in one array, for ranks that step alone for a while and then take the mean; default: they cannot. */
  weights?(): Promise<Float32Array>
  setWeights?(data: Float32Array): Promise<void>
}

/** What is learned from. A step is cut into passes, the same ones however many ranks share them. */
export interface Passes<Batch> {
  readonly stepsPerEpoch: number
  /** Passes of one step over all ranks together: with equal passes, the number of ranks changes no result. */
  readonly passes: number
  /** Examples of one pass, for figures of speed. Default 1. */
  readonly passExamples?: number
  /**
   * One pass, of a step within the epoch; asked for ahead of time, so that it can be loaded while the one before is
   * computed.
   */
  load(at: { readonly epoch: number; readonly step: number; readonly pass: number }): Promise<Batch>
}
