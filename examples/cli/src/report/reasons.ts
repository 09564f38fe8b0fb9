import { type Cause, explainCause } from '@nebulift/prefilter'
import { causeWords, wordsFor } from './page/words.ts'

/** A cause in one sentence with its numbers; kinds that are not known yet get their bare name. */
export function reasonFor(cause: Cause): string {
  return Object.hasOwn(causeWords, cause.kind) ? explainCause(cause) : wordsFor(cause.kind).name
}
