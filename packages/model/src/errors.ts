/** What went wrong; programs decide on it, people read the message. */
export type ModelErrorCode =
  | 'BAD_ARGUMENT' // a call that cannot be meant: shapes that do not fit, unknown names
  | 'BAD_FILE' // not the format it claims to be, damaged or truncated
  | 'UNSAFE_FILE' // a pickle that would run code
  | 'UNSUPPORTED' // well-formed, but uses an operator or feature that is not built
  | 'MISSING_RULE' // no gradient rule for an operator
  | 'NOT_FINITE' // the loss became NaN or infinite
  | 'IO' // the disk or the runtime refused
  | 'CLOSED' // used after close()

/** Every error this package throws on purpose. Messages that begin `internal:` are our own mistakes. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly code: ModelErrorCode

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
