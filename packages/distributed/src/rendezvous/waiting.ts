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
