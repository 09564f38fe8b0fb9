import { DistributedError, exitCodeOf, exitCodes } from '@nebulift/distributed'
import { CliError, describeError, isPassing } from '../errors.ts'

/**
 * Runs a command whose exit code decides whether somebody starts it again: errors end with 42 where that would end the
 * same way, and with 75 where it may help.
 */
export async function endAsJob(
  work: () => Promise<number>,
  signal: AbortSignal | undefined,
): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (signal?.aborted) throw error
    const hint = error instanceof CliError ? error.hint : undefined
    throw new CliError(describeError(error), { exitCode: jobCode(error), hint, cause: error })
  }
}

function jobCode(error: unknown): number {
  if (error instanceof DistributedError) return exitCodeOf(error)
  const retry = error instanceof CliError && error.exitCode === exitCodes.retry
  return retry || isPassing(error) ? exitCodes.retry : exitCodes.never
}
