/** Waiting for something to become so. */
export interface Until {
  /** Resolves once it is so, or after so long, or when nobody is to wait any more. */
  within(timeoutMs: number): Promise<void>
  /** To be called whenever it may have become so. */
  look(): void
  /** Nobody waits any more, nor begins to. */
  end(): void
  readonly hasEnded: boolean
}

export function until(isSo: () => boolean): Until {
  const waiting = new Set<() => void>()
  let hasEnded = false
  const release = () => {
    for (const resolve of waiting) resolve()
  }
  return {
    within: async (timeoutMs) => {
      if (hasEnded || isSo()) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, timeoutMs)
      waiting.add(resolve)
      await promise
      clearTimeout(timer)
      waiting.delete(resolve)
    },
    look: () => {
      if (isSo()) release()
    },
    end: () => {
      hasEnded = true
      release()
    },
    get hasEnded() {
      return hasEnded
    },
  }
}
