import { DistributedError } from '../errors.ts'
import type { Meeting } from '../group.ts'
import type { Replica } from '../replica.ts'
import { fingerprint } from './fingerprint.ts'
import { partWith } from './parting.ts'
import type { GradientPlan } from './plan.ts'
import type { Settings } from './settings.ts'

/** How far a training has come. */
export interface Progress {
  /** Steps done; -1 where nothing is known yet. */
  readonly step: number
  /** Epochs that have been ended, with all that belongs to it. */
  readonly epochs: number
  /** Whether training was to stop after them, though others are left. */
  readonly stopped: boolean
}

/** What one rank brings to a meeting. */
export interface Joining<Batch> {
  readonly meeting: Meeting
  readonly replica: Replica<Batch>
  readonly settings: Settings
  readonly progress: Progress
  readonly plan: GradientPlan | undefined
  /** Computes a pass to learn what it gives. */
  makePlan(progress: Progress): Promise<GradientPlan>
}

/** What all ranks have in common after it. */
export interface Joined {
  readonly plan: GradientPlan
  readonly progress: Progress
}

/** What each rank says of itself. */
interface Stand {
  readonly layout: string
  readonly settings: Settings
  readonly progress: Progress
  readonly plan: GradientPlan | null
  /** Of the source only. */
  readonly state: { readonly bytes: number; readonly fingerprint: number } | null
}

/** Makes the ranks of a meeting alike: the same plan of buckets everywhere, and the state of the source. */
export async function join<Batch>(joining: Joining<Batch>): Promise<Joined> {
  const { meeting, replica, settings, plan = null } = joining
  const { collective, source } = meeting
  const atSource = collective.rank === source
  // Before a pass is computed for the plan, which may change running statistics.
  const state = atSource ? await replica.snapshot() : new Uint8Array()
  const stands = await exchange<Stand>(meeting, {
    layout: replica.layout,
    settings,
    progress: joining.progress,
    plan,
    state: atSource ? { bytes: state.length, fingerprint: fingerprint(state) } : null,
  })
  const unlike = differenceOf(stands)
  if (unlike) await partWith(unlike, collective)
  const { step, epochs, stopped } = stands[source].progress
  const progress = { step: Math.max(0, step), epochs: Math.max(0, epochs), stopped }
  const known = stands.find((stand) => stand.plan)?.plan
  const planner = !known && collective.rank === 0
  const made = planner ? await joining.makePlan(progress) : null
  const common = known ?? (await exchange<GradientPlan | null>(meeting, made))[0]!
  const received = await takeState(meeting, state, stands[source].state!)
  if (!atSource || planner) await replica.restore(received)
  return { plan: common, progress }
}

async function exchange<Message>({ collective }: Meeting, message: Message): Promise<Message[]> {
  const all = await collective.allGather(new TextEncoder().encode(JSON.stringify(message)))
  return all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Message)
}

function differenceOf(stands: readonly Stand[]): DistributedError | undefined {
  const said = stands.map(({ layout, settings }) =>
    Object.entries({ layout, ...settings }).map(
      ([name, value]) => [name, JSON.stringify(value)] as const,
    ),
  )
  for (const [rank, theirs] of said.entries()) {
    const unlike = said[0].flatMap(([name, first], i) =>
      theirs[i][1] === first ? [] : [`${name} ${first} and ${theirs[i][1]}`],
    )
    if (unlike.length === 0) continue
    const message = `ranks 0 and ${rank} differ: ${unlike.join(', ')}`
    return new DistributedError('BAD_ARGUMENT', message)
  }
  return undefined
}

async function takeState(
  { collective, source }: Meeting,
  own: Uint8Array,
  told: { readonly bytes: number; readonly fingerprint: number },
): Promise<Uint8Array> {
  if (collective.world === 1) return own
  const state = collective.rank === source ? own : new Uint8Array(told.bytes)
  await collective.broadcast(state, source)
  if (fingerprint(state) === told.fingerprint) return state
  const message = `the state that rank ${source} sent came damaged: ${told.bytes} bytes whose checksum is another`
  throw new DistributedError('IO', message)
}
