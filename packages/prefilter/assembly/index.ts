export { ensureMemory, heapBase } from './memory'
export * from './background'
export {
  streakBin,
  streakLeaves,
  streakLevel,
  streakLoad,
  streakNoise,
  streakPeaks,
} from './streaks'
