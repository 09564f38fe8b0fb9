import { isFitsError } from '../errors.ts'
import type { ByteSource } from './source.ts'

export interface RetryOptions {
  /** How often one read is tried before its error is passed on. Default 3: two hiccups in a row are rare. */
  readonly attempts?: number
  /** Wait before the second attempt, in milliseconds, doubled each time. Default 200. */
  readonly delayMs?: number
}

/**
 * The same source, whose reads are tried again after IO errors. Other errors and an aborted signal pass
 * at once: trying again cannot help them.
 */
export function withRetry(source: ByteSource, options: RetryOptions = {}): ByteSource {
  const { attempts = 3, delayMs = 200 } = options
  return {
    size: source.size,
    read: async (offset, length, signal) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await source.read(offset, length, signal)
        } catch (error) {
          if (attempt >= attempts || signal?.aborted || !isFitsError(error, 'IO')) throw error
          await pause(delayMs * 2 ** (attempt - 1), signal)
        }
      }
    },
  }
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      if (signal?.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(wake, delayMs)
    signal?.addEventListener('abort', wake)
  })
}
