export type { Collective, ReduceOptions, Traffic } from './collective.ts'
export { DistributedError, type DistributedErrorCode, exitCodeOf, exitCodes } from './errors.ts'
export type { Group, Meeting } from './group.ts'
export type { Part, Passes, Replica } from './replica.ts'
