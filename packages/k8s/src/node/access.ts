/** What a client shows the server: a bearer token, or a certificate with its key. */
export interface Identity {
  readonly token?: string
  readonly certificate?: string
  readonly key?: string
}

/** Whose rights are used; asked before every call, so that what was renewed is taken up. */
export interface Credentials {
  identity(signal?: AbortSignal): Promise<Identity>
  /** The server said 401: whatever is remembered is no longer good. Says whether asking again may help. */
  refused(): boolean
}

/** Where a cluster is, and how it is spoken to. */
export interface Access {
  /** For messages. */
  readonly name: string
  /** https://host:port, perhaps with a path. */
  readonly server: URL
  /** PEM; default: what Node trusts. */
  readonly authority?: string
  readonly serverName?: string
  /** Takes any certificate. */
  readonly insecure: boolean
  readonly namespace: string
  readonly credentials: Credentials
}
