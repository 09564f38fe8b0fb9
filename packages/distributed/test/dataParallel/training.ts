import type { Group, Meeting } from '../../src/group.ts'
import { memoryGroup } from '../../src/memoryGroup.ts'
import {
  type TrainOptions,
  type TrainResult,
  trainDataParallel,
} from '../../src/trainDataParallel.ts'
import { type Examples, type Perceptron, passes, perceptron } from './perceptron.ts'

type Changes = Partial<TrainOptions<Examples>>

/** A rank that is being trained. */
export interface Trained {
  readonly replica: Perceptron
  readonly result: TrainResult
}

/** Options that make the small replica travel in several buckets. */
export function options(group: Group, replica: Perceptron, changes: Changes = {}) {
  return { group, replica, data: passes(), epochs: 4, bucketBytes: 128, ...changes }
}

/** The group, whose meetings are changed or watched. */
export function meeting(group: Group, change: (meeting: Meeting) => Meeting): Group {
  return {
    leads: group.leads,
    meet: async (progress) => change(await group.meet(progress)),
    conclude: (end) => group.conclude(end),
    leave: () => group.leave(),
  }
}

/** The group, whose collectives count what is given to be summed as sent. */
export function counting(group: Group): Group {
  return meeting(group, ({ collective, ...rest }) => {
    const traffic = { sentBytes: 0, receivedBytes: 0, busyMs: 0 }
    const allReduce: typeof collective.allReduce = (data, options) => {
      traffic.sentBytes += data.byteLength
      return collective.allReduce(data, options)
    }
    return { ...rest, collective: { ...collective, traffic, allReduce } }
  })
}

/** Trains on so many ranks, none of which is lost. */
export function trainOn(
  world: number,
  changes: (rank: number) => Changes = () => ({}),
): Promise<Trained[]> {
  const group = memoryGroup(world)
  return Promise.all(
    Array.from({ length: world }, async (_, rank) => {
      const changed = changes(rank)
      const replica = (changed.replica as Perceptron | undefined) ?? perceptron({ seed: 7 + rank })
      const member = counting(group.start(rank))
      const result = await trainDataParallel(options(member, replica, changed)).finally(() =>
        member.leave(),
      )
      return { replica, result }
    }),
  )
}

/** The largest difference of two arrays. */
export function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
}
