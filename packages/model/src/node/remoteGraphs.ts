import type { Network } from '../networks/network.ts'
import { compilePrediction, compileTraining, compileTrainingParts } from '../train/compile.ts'
import type { CompiledGraph, ParameterLayout } from '../train/core.ts'
import type { Loss } from '../train/losses.ts'
import type { Remote } from './remote.ts'

/** Graphs in a training thread, each made when it is first asked for; answers are the names to call them by. */
export interface RemoteGraphs {
  whole(kind: 'train' | 'predict' | 'features', batch: number): Promise<string>
  /** A training graph cut into parts, in their order. */
  parts(batch: number, parts: number): Promise<readonly string[]>
}

/** What the graphs are of. */
export interface GraphsOf {
  readonly network: Network
  readonly loss: Loss
  readonly layout: ParameterLayout
}

/** Compiles graphs here and loads them there. */
export function remoteGraphs(remote: Remote, { network, loss, layout }: GraphsOf): RemoteGraphs {
  const loaded = new Map<string, Promise<void>>()
  const load = (key: string, made: CompiledGraph) => {
    const loading = remote.call<void>('addGraph', [key, made])
    loaded.set(key, loading)
    // What failed may be asked for again.
    loading.catch(() => loaded.delete(key))
  }
  return {
    whole: async (kind, batch) => {
      const key = `${kind}-${batch}`
      if (!loaded.has(key)) {
        const made =
          kind === 'train'
            ? compileTraining(network, { loss, batch, layout })
            : compilePrediction(network, {
                batch,
                layout,
                output: kind === 'predict' ? 'logits' : kind,
              })
        load(key, made)
      }
      await loaded.get(key)
      return key
    },
    parts: async (batch, parts) => {
      const keys = Array.from(
        { length: parts },
        (_, i) => `train-${batch}-part-${i + 1}-of-${parts}`,
      )
      if (keys.some((key) => !loaded.has(key))) {
        const made = compileTrainingParts(network, { loss, batch, layout, parts })
        for (const [i, key] of keys.entries()) load(key, made[i])
      }
      await Promise.all(keys.map((key) => loaded.get(key)))
      return keys
    },
  }
}
