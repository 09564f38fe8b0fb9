/** How a reduction is done. */
export interface ReduceOptions {
  /** Default `sum`. */
  readonly op?: 'sum' | 'mean'
  /** What travels: `bf16` halves the bytes, sums are of float32 all the same. Default `float32`. */
  readonly wire?: 'float32' | 'bf16'
  /** The training step, carried in every frame: ranks that do not agree on it abort. Default 0. */
  readonly step?: number
  /** Which bucket of that step, likewise. Default 0. */
  readonly bucket?: number
}

/** Bytes and time since the collective was made. */
export interface Traffic {
  readonly sentBytes: number
  readonly receivedBytes: number
  /** Time in which at least one operation was under way. */
  readonly busyMs: number
}

/**
 * Ranks that compute together. All ranks call the same operations in the same order; calls need not wait for one
 * another. When a peer is lost or a frame does not fit, everything under way and everything after rejects with
 * `ABORTED`: arrays then hold anything.
 */
export interface Collective {
  readonly rank: number
  readonly world: number
  /** Which meeting of the ranks this is, from 1. */
  readonly generation: number
  /** Aborts with the generation; its reason is a DistributedError. */
  readonly signal: AbortSignal
  readonly traffic: Traffic
  /** Memory, zeroed, whose reduction costs no copy. */
  allocate(length: number): Float32Array
  /** Sum or mean over all ranks, in place; the same bits on every rank. */
  allReduce(data: Float32Array, options?: ReduceOptions): Promise<void>
  /** Copies the bytes of one rank to all, in place: as many on every rank. */
  broadcast(data: Uint8Array, from: number): Promise<void>
  /** What each rank gave, by rank; lengths may differ. */
  allGather(data: Uint8Array): Promise<Uint8Array[]>
  /** Resolves once every rank has come to it. */
  barrier(): Promise<void>
  /** Ends this rank's part; the others' operations abort. Twice does no harm. */
  close(): Promise<void>
}
