/** Waits so long, or until `signal` aborts; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
    if (signal?.aborted) done()
  })
}

/** The promise, or the reason of `signal`, whichever is first. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(signal.reason)
    const clean = () => signal.removeEventListener('abort', fail)
    promise.then(resolve, reject).finally(clean)
    signal.addEventListener('abort', fail)
    if (signal.aborted) fail()
  })
}

/** What an error says; one that gathers others, as of a name with several addresses, says what they say. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
