export { simulateFrame } from './frame.ts'
export { type InjectedFrame, type InjectOptions, injectTrails } from './inject.ts'
export type { ClusterSpec, FieldSpec, GalaxySpec, NebulaSpec, Telescope } from './instrument.ts'
export { labelThresholds } from './labels.ts'
export { defaultMix, type NightMix, type NightOptions, planNight, simulateNight } from './night.ts'
export { defaultTelescope, randomTelescope } from './telescope.ts'
export type { FrameLabel, FrameTruth, TrailTruth } from './truth.ts'
export type {
  CloudSpec,
  FrameHeader,
  FrameSpec,
  HazeSpec,
  OcclusionSpec,
  Plane,
  Pointing,
  SeeingSpec,
  SimulatedFrame,
  SkySpec,
  TrackingSpec,
  TrailKind,
  TrailSpec,
  WindSpec,
} from './types.ts'
