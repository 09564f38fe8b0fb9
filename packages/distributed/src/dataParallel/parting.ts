import type { Collective } from '../collective.ts'

/**
 * Ends a training with an error that all ranks have come to: only when all have heard of it, as whoever goes aborts
 * what the others still wait for, and they would wait for it to come again.
 */
export async function partWith(error: Error, collective: Collective): Promise<never> {
  await collective.barrier().catch(() => undefined)
  throw error
}
