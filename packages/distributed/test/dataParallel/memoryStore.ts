import type { CheckpointStore } from '../../src/checkpoints.ts'

/** Checkpoints in memory, as a disk keeps them when processes are lost. */
export function memoryStore(): CheckpointStore & { readonly saved: number[] } {
  let newest: { step: number; state: Uint8Array } | undefined
  const saved: number[] = []
  return {
    saved,
    save: async (step, state) => {
      newest = { step, state: state.slice() }
      saved.push(step)
    },
    latest: async () => newest,
  }
}
