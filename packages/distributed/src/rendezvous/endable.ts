import type { Collective } from '../collective.ts'

/**
 * A collective that `ending` ends, with its reason: whoever is in the middle of an operation hears that the
 * generation is over, not that a connection was closed.
 */
export function endable(inner: Collective, ending: AbortSignal): Collective {
  const over = new AbortController()
  const follow = () => over.abort(ending.aborted ? ending.reason : inner.signal.reason)
  const end = () => {
    follow()
    inner.close()
  }
  const run = async <Result>(operation: Promise<Result>): Promise<Result> => {
    try {
      return await operation
    } catch (error) {
      ending.throwIfAborted()
      throw error
    }
  }
  inner.signal.addEventListener('abort', follow, { once: true })
  ending.addEventListener('abort', end, { once: true })
  if (inner.signal.aborted) follow()
  if (ending.aborted) end()
  const { rank, world, generation } = inner
  return {
    ...{ rank, world, generation, signal: over.signal },
    get traffic() {
      return inner.traffic
    },
    allocate: (length) => inner.allocate(length),
    allReduce: (data, options) => run(inner.allReduce(data, options)),
    broadcast: (data, from) => run(inner.broadcast(data, from)),
    allGather: (data) => run(inner.allGather(data)),
    barrier: () => run(inner.barrier()),
    close: () => inner.close(),
  }
}
