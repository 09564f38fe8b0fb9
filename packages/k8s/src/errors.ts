/** What went wrong, for programs. */
export type K8sErrorCode =
  /** An option of a builder: the message names it, what was got and what was wanted. */
  | 'BAD_OPTION'
  /** A kubeconfig, or a service account's files, that cannot be read or lead nowhere. */
  | 'BAD_CONFIG'
  /** No answer: the network, the name, the time. */
  | 'UNREACHABLE'
  /** The server's certificate is not trusted, or it does not trust ours. */
  | 'TLS'
  /** 401: the credentials are missing, wrong or out of date. */
  | 'UNAUTHORIZED'
  /** 403: the user may not do that, or an admission policy, such as a quota, refused it. */
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  /** 409: somebody else owns the field, or changed the object meanwhile. */
  | 'CONFLICT'
  /** 422 and other refusals of what was sent. */
  | 'INVALID'
  /** 410: what a watch wanted to go on from is no longer known. */
  | 'GONE'
  /** 429 and 5xx: later perhaps. */
  | 'UNAVAILABLE'
  /** The job itself came to a bad end. */
  | 'FAILED'
  | 'TIMEOUT'
  | 'ABORTED'

/** Every error that this package throws on purpose. */
export class K8sError extends Error {
  readonly code: K8sErrorCode

  constructor(code: K8sErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'K8sError'
    this.code = code
  }
}
