export { ensureMemory, heapBase } from './memory'
export * from './background'
export * from './stars'
export * from './picture'
export {
  streakBin,
  streakLeaves,
  streakLevel,
  streakLoad,
  streakNoise,
  streakPeaks,
} from './streaks'
