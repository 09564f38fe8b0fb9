export { type CheckpointFolderOptions, checkpointFolder } from './node/checkpointFolder.ts'
export { type GroupOptions, type OpenGroup, openGroup } from './node/group.ts'
export {
  type MetricsServer,
  type MetricsServerOptions,
  openMetricsServer,
} from './node/metricsServer.ts'
export {
  type ConnectOptions,
  listenRing,
  type RingListener,
  type RingOptions,
} from './node/ring.ts'
export { type ShardFolder, shardFolder } from './node/shardFolder.ts'
