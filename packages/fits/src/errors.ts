/**
 * What went wrong, for callers that must branch.
 * - `NOT_FITS`: the file is empty or of another kind (the message names it where it is known)
 * - `TRUNCATED`: the file, a tile or a stream ends before its data do; what was read before is sound
 * - `BAD_HEADER`: a keyword needed to find the data is absent or senseless
 * - `CORRUPT`: the data contradict themselves
 * - `UNSUPPORTED`: sound FITS that this package does not read (the message lists what it does)
 * - `BAD_ARGUMENT`: the caller asked for something impossible, such as a section outside the image
 * - `IO`: the source failed (disk, network); retrying may help
 */
export type FitsErrorCode =
  | 'NOT_FITS'
  | 'TRUNCATED'
  | 'BAD_HEADER'
  | 'CORRUPT'
  | 'UNSUPPORTED'
  | 'BAD_ARGUMENT'
  | 'IO'

/** Where in the file, and the error underneath. */
export interface FitsErrorDetails {
  /** Byte offset in the source (after inflating, for a `.gz` file). */
  readonly offset?: number
  readonly cause?: unknown
}

/** The only error this package throws on purpose, besides the reason of an aborted signal. */
export class FitsError extends Error {
  override readonly name = 'FitsError'
  readonly code: FitsErrorCode
  readonly offset: number | undefined

  constructor(code: FitsErrorCode, message: string, { offset, cause }: FitsErrorDetails = {}) {
    super(
      offset === undefined ? message : `${message} (at byte ${offset})`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.offset = offset
  }
}

/** Whether `error` is a FitsError, of one of the given codes where any are given. */
export function isFitsError(
  error: unknown,
  ...codes: readonly FitsErrorCode[]
): error is FitsError {
  return error instanceof FitsError && (codes.length === 0 || codes.includes(error.code))
}
