import { bytesOf } from '../bytesOf.ts'
import type { Collective } from '../collective.ts'
import { DistributedError } from '../errors.ts'
import type { Replica } from '../replica.ts'
import { fingerprint } from './fingerprint.ts'
import { partWith } from './parting.ts'

/** Takes over rank 0's running statistics, which each rank's own passes have changed. */
export async function shareBuffers<Batch>(
  replica: Replica<Batch>,
  collective: Collective,
): Promise<void> {
  if (!replica.buffers || !replica.setBuffers || collective.world === 1) return
  const buffers = await replica.buffers()
  await collective.broadcast(bytesOf(buffers), 0)
  if (collective.rank !== 0) await replica.setBuffers(buffers)
}

/**
 * Compares the weights of all ranks, or their whole states where weights cannot be had alone.
 * @throws DistributedError `DIVERGED` naming the ranks
 */
export async function requireEqualWeights<Batch>(
  replica: Replica<Batch>,
  collective: Collective,
  step: number,
): Promise<void> {
  if (collective.world === 1) return
  if (!replica.weights) await shareBuffers(replica, collective)
  const held = replica.weights ? bytesOf(await replica.weights()) : await replica.snapshot()
  const all = await collective.allGather(bytesOf(Uint32Array.of(fingerprint(held))))
  const marks = all.map((bytes) => bytes.join())
  const ranks = marks.map((_, rank) => rank)
  const different = ranks.filter((rank) => marks[rank] !== commonest(marks))
  if (different.length === 0) return
  const others = ranks.filter((rank) => !different.includes(rank))
  const message = `after step ${step} the weights of rank ${different.join(', ')} differ from those of rank ${others.join(', ')}`
  await partWith(new DistributedError('DIVERGED', message), collective)
}

function commonest(marks: readonly string[]): string | undefined {
  const count = (mark: string) => marks.filter((each) => each === mark).length
  return marks.toSorted((a, b) => count(b) - count(a))[0]
}
