export { type CheckpointFolderOptions, checkpointFolder } from './node/checkpointFolder.ts'
export {
  type MetricsServer,
  type MetricsServerOptions,
  openMetricsServer,
} from './node/metricsServer.ts'
