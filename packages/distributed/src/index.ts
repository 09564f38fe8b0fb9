export type { Checkpoint, CheckpointStore } from './checkpoints.ts'
export type { Collective, ReduceOptions, Traffic } from './collective.ts'
export type {
  CheckpointEvent,
  MeetingEvent,
  StepEvent,
  TrainEvent,
} from './dataParallel/events.ts'
export { describeScaling } from './describeScaling.ts'
export { type Place, type PlaceFlags, placeFromEnvironment } from './environment.ts'
export { DistributedError, type DistributedErrorCode, exitCodeOf, exitCodes } from './errors.ts'
export { type Group, type Meeting, type TrainingEnd, TrainingOver } from './group.ts'
export {
  type MapShardsOptions,
  type MergedShards,
  type MissingReason,
  mapShards,
  mergeShards,
  type ShardEvent,
  type ShardPlan,
  type ShardStore,
} from './mapShards.ts'
export { memoryCollectives } from './memoryCollectives.ts'
export { type MemoryGroup, type MemoryGroupOptions, memoryGroup } from './memoryGroup.ts'
export { metricsText, type TrainMetrics, trainMetrics } from './metrics.ts'
export {
  estimateScaling,
  type Lever,
  type Scaling,
  type ScalingOptions,
  type ScalingPoint,
} from './planner.ts'
export { referenceCollectives } from './referenceCollectives.ts'
export type { Part, Passes, Replica } from './replica.ts'
export { type ShardOptions, type ShardStepOptions, shard, shardAt } from './shard.ts'
export { type ShardedPassesOptions, shardedPasses } from './shardedPasses.ts'
export type { Outcome } from './shardFile.ts'
export {
  type EpochEnd,
  type TrainOptions,
  type TrainResult,
  trainDataParallel,
} from './trainDataParallel.ts'
