/** Where text goes; `process.stdout` is one. */
export interface TextSink {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** The world a command runs in, so that tests and other programs can supply their own. */
export interface Io {
  readonly stdout: TextSink
  readonly stderr: TextSink
  readonly env: Readonly<Record<string, string | undefined>>
  /** Fires on Ctrl-C. */
  readonly signal?: AbortSignal
  /** Sends a message to the process that started this one, where it listens. */
  readonly parent?: (message: unknown) => void
}
