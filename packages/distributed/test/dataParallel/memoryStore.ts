import type { Checkpoint, CheckpointStore } from '../../src/checkpoints.ts'

/** Checkpoints in memory, as a disk keeps them when processes are lost. */
export function memoryStore(): CheckpointStore & { readonly saved: number[] } {
  let newest: Checkpoint | undefined
  const saved: number[] = []
  return {
    saved,
    save: async (checkpoint) => {
      newest = { ...checkpoint, state: checkpoint.state.slice() }
      saved.push(checkpoint.step)
    },
    latest: async () => newest,
  }
}
