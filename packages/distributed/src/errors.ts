/** What went wrong, for programs. */
export type DistributedErrorCode =
  /** This meeting of the ranks is over: a peer was lost, sent nonsense, or wants to join. Meet again. */
  | 'ABORTED'
  /** Too few ranks came in time. */
  | 'TIMEOUT'
  /** The others will not have this process: wrong token, wrong world size, an index that is taken. */
  | 'REFUSED'
  | 'BAD_ARGUMENT'
  /** Ranks that must hold the same weights do not. */
  | 'DIVERGED'
  /** A rank could not do its part for good, or numbers are no longer finite: trying again would end the same way. */
  | 'FAILED'
  | 'IO'
  /** All steps had been made, and the others had gone, when this process came: nothing is left for it to do. */
  | 'OVER'
  | 'CLOSED'

/** Every error that this package throws on purpose. */
export class DistributedError extends Error {
  readonly code: DistributedErrorCode

  constructor(code: DistributedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DistributedError'
    this.code = code
  }
}

/** How a process ends, so that whoever started it knows whether to start it again: as `podFailurePolicy` reads it. */
export const exitCodes = {
  done: 0,
  /** A mistake in settings or data: never start it again as it is. */
  never: 42,
  /** The machines or the network failed: start it again. */
  retry: 75,
} as const

const lasting: readonly DistributedErrorCode[] = ['REFUSED', 'BAD_ARGUMENT', 'DIVERGED', 'FAILED']

/** The exit code that an error deserves; errors that are not ours are taken for mistakes. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof DistributedError)) return exitCodes.never
  if (error.code === 'OVER') return exitCodes.done
  return lasting.includes(error.code) ? exitCodes.never : exitCodes.retry
}
