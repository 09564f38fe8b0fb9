import { availableParallelism } from 'node:os'
import { estimateScaling, type ScalingOptions } from '@nebulift/distributed'
import { machineMs, median, summarise, type Timing } from '../harness.ts'
import { whyNoLinks } from '../links.ts'
import type { Bar, Outcome, Row } from './row.ts'
import { type Machines, openMachines } from './scaling_machines.ts'
import type { Order, SumLap, TimedStep, Wire } from './scaling_orders.ts'
import { whyNoShares } from './scaling_share.ts'

/** Pictures of 64 x 64 pixels in passes of 32: a pass takes about twice the time of a sum. */
const training = { sizePx: 64, batch: 32, classes: 10, bucketBytes: 6e6, parts: 4 } as const
/**
 * Of a core, for each machine. Two of them play on one core, which also plays their links and switch: of 0.4 each too
 * little was left for that, and machines waited for a core that on machines of their own would have been free.
 */
const share = 0.2
const accumulated = 4
/** What the planner may miss a step by. */
const tolerance = 0.15

interface Variant {
  readonly name: string
  readonly alone: boolean
  readonly overlap: boolean
  readonly wire: Wire
  readonly passes: number
}

const variant = (name: string, change: Partial<Omit<Variant, 'name'>> = {}): Variant => ({
  ...{ name, alone: false, overlap: false, wire: 'float32', passes: 1, ...change },
})

const alone: readonly Variant[] = [1, accumulated].map((passes) =>
  variant(`each alone${passes > 1 ? `, ${passes} passes` : ''}`, { alone: true, passes }),
)

const together: readonly Variant[] = [
  variant('plain'),
  variant('overlap', { overlap: true }),
  variant('bf16', { wire: 'bf16' }),
  variant('overlap, bf16', { overlap: true, wire: 'bf16' }),
  variant(`${accumulated} passes`, { passes: accumulated }),
  variant(`overlap, bf16, ${accumulated} passes`, {
    ...{ overlap: true, wire: 'bf16', passes: accumulated },
  }),
]

/** The fastest step, as means over the machines in ms: whatever else runs here only ever adds. */
interface Step {
  /** Of all steps. */
  readonly laps: readonly number[]
  readonly stepMs: number
  /** Of the slowest machine, for which those that train together would wait. */
  readonly slowestMs: number
  readonly computeMs: number
  /** Waiting for others that computing does not hide. */
  readonly waitMs: number
  /** Sums under way, hidden or not. */
  readonly sumMs: number
  /** Steps in which other programs took more of the processor than our machines leave. */
  readonly disturbed: number
}

type Steps = ReadonlyMap<Variant, Step>

/** A step of all machines. */
interface Lap {
  readonly machines: readonly TimedStep[]
  readonly disturbed: boolean
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

async function trainIn(machines: Machines, of: Variant): Promise<Lap[]> {
  const { wire, alone, overlap, passes } = of
  const [used, start] = [machineMs(), performance.now()]
  const order: Order = { kind: 'train', wire, alone, overlap, passes, steps: passes > 1 ? 1 : 2 }
  const found = await machines.all<TimedStep[]>(order)
  const wallMs = performance.now() - start
  const foreignMs = machineMs() - used - sumOf(found.flat().map(({ cpuMs }) => cpuMs))
  const disturbed = foreignMs / wallMs > availableParallelism() - found.length * share
  return found[0].map((_, i) => ({ machines: found.map((steps) => steps[i]), disturbed }))
}

function stepOf(steps: readonly Lap[]): Step {
  const mean = ({ machines }: Lap, read: (step: TimedStep) => number) =>
    sumOf(machines.map(read)) / machines.length
  const laps = steps.map((lap) => mean(lap, ({ stepMs }) => stepMs))
  const stepMs = Math.min(...laps)
  const fastest = steps[laps.indexOf(stepMs)]
  return {
    laps,
    stepMs,
    slowestMs: Math.max(...fastest.machines.map((step) => step.stepMs)),
    computeMs: mean(fastest, ({ computeMs }) => computeMs),
    waitMs: mean(fastest, ({ communicateMs }) => communicateMs),
    sumMs: mean(fastest, ({ allReduceMs }) => allReduceMs),
    disturbed: steps.filter(({ disturbed }) => disturbed).length,
  }
}

/** Variants take turns, so that whatever else the machine does hits all alike. */
async function measureSteps(
  machines: Machines,
  { variants, rounds }: { readonly variants: readonly Variant[]; readonly rounds: number },
): Promise<Steps> {
  const found = new Map(variants.map((each): [Variant, Lap[]] => [each, []]))
  for (let round = 0; round < rounds; round++)
    for (const [each, laps] of found) laps.push(...(await trainIn(machines, each)))
  return new Map([...found].map(([each, laps]) => [each, stepOf(laps)]))
}

/** What the planner asks for, measured on machines none of which trains with another. */
type Measured = Required<
  Pick<ScalingOptions, 'backwardShare' | 'latencyMs' | 'communicationCpuMsPerMB'>
>

async function measurePass(machines: Machines): Promise<{ passMs: number; forwardMs: number }> {
  const forward = await machines.all<number[]>({ kind: 'forward', laps: 5 })
  const parts = await machines.all<{ atMs: number }[][]>({ kind: 'parts', laps: 5 })
  const later = <Item>(laps: readonly Item[]) => laps.slice(1)
  return {
    forwardMs: median(forward.flatMap(later)),
    passMs: median(parts.flatMap(later).map((pass) => pass.at(-1)!.atMs)),
  }
}

async function measureLinks(machines: Machines, world: number) {
  const sums = async (wire: Wire, busy = false) => {
    const order = { kind: 'sum', wire, busy, laps: busy ? 4 : 6 } as const
    return (await machines.all<SumLap[]>(order)).flatMap((laps) => laps.slice(1))
  }
  const [float32, bf16] = [await sums('float32'), await sums('bf16')]
  const busy = { float32: await sums('float32', true), bf16: await sums('bf16', true) }
  const cpuMsPerMB = (laps: readonly SumLap[]) =>
    median(laps.map(({ cpuMs, sentBytes }) => cpuMs / share / (sentBytes / 1e6)))
  const hops = 2 * (world - 1)
  return {
    latencyMs: median([...float32, ...bf16].map(({ barrierMs }) => barrierMs)) / hops,
    cpuMsPerMB: { float32: cpuMsPerMB(float32), bf16: cpuMsPerMB(bf16) },
    busyCpuMsPerMB: { float32: cpuMsPerMB(busy.float32), bf16: cpuMsPerMB(busy.bf16) },
    sumMs: { float32: median(float32.map(({ ms }) => ms)), bf16: median(bf16.map(({ ms }) => ms)) },
  }
}

interface World {
  readonly count: number
  readonly modelBytes: number
  readonly steps: Steps
  readonly pass: Awaited<ReturnType<typeof measurePass>>
  readonly links?: Awaited<ReturnType<typeof measureLinks>>
}

async function measureWorld(
  count: number,
  { quick, say }: { readonly quick: boolean; say(text: string): void },
): Promise<World> {
  const machines = await openMachines({ ...training, count, cores: share })
  try {
    say(`  ${count} of them are ready`)
    const variants = count > 1 ? [...alone, ...together] : alone
    const steps = await measureSteps(machines, { variants, rounds: quick ? 2 : 5 })
    const pass = await measurePass(machines)
    const links = count > 1 ? { links: await measureLinks(machines, count) } : {}
    return { count, modelBytes: 4 * machines.parameters, steps, pass, ...links }
  } finally {
    await machines.close()
  }
}

/** What the planner says of a step (ms), knowing the speed of the slowest machine alone and of the links. */
function planned({ count, modelBytes, steps, pass, links }: World, of: Variant): number {
  const measured: Measured = {
    backwardShare: Math.max(0, 1 - pass.forwardMs / pass.passMs),
    latencyMs: links?.latencyMs ?? 0,
    // Beside a pass, threads that take turns on a core find its caches full of the other's numbers.
    communicationCpuMsPerMB: links?.[of.overlap ? 'busyCpuMsPerMB' : 'cpuMsPerMB'][of.wire] ?? 0,
  }
  const { points } = estimateScaling({
    ...measured,
    modelBytes,
    passMs: steps.get(alone[0])!.slowestMs,
    accumulate: of.passes,
    bandwidthBitsPerSecond: 1e9,
    nodes: [count],
    ...{ wire: of.wire, overlap: of.overlap },
    bucketBytes: Math.max(training.bucketBytes, modelBytes / training.parts),
  })
  return points[0].stepMs
}

const hosts = (count: number) => (count === 1 ? 'one machine' : `${count} machines`)
const rowOf = (count: number) => `scaling, ${hosts(count)}`
const ms = (value: number) => `${value.toFixed(0)} ms`
const percent = (value: number) => `${(100 * value).toFixed(0)} %`

/** Speed over that of as many machines which need not talk. */
function efficiency({ steps }: World, of: Variant): number {
  const base = alone.find(({ passes }) => passes === of.passes)!
  return steps.get(base)!.stepMs / steps.get(of)!.stepMs
}

function notesOf(world: World): string[] {
  const { count, steps, pass, links } = world
  const each = [...steps].map(([of, { stepMs, slowestMs, computeMs, waitMs, sumMs }]) => {
    const slow = of.alone && count > 1 ? [`of the slowest ${ms(slowestMs)}`] : []
    const figures = [`step ${ms(stepMs)}`, ...slow, `computing ${ms(computeMs)}`]
    const talk = [`waiting ${ms(waitMs)}`, `sums ${ms(sumMs)}`]
    const plan = [
      `efficiency ${percent(efficiency(world, of))}`,
      `planned ${ms(planned(world, of))}`,
    ]
    const all = of.alone ? figures : [...figures, ...talk, ...plan]
    return `${hosts(count)}, ${of.name}: ${all.join(', ')}`
  })
  const speeds = `pass ${ms(pass.passMs)}, forward alone ${ms(pass.forwardMs)}`
  const network = links
    ? `; sums alone ${ms(links.sumMs.float32)} (float32), ${ms(links.sumMs.bf16)} (bf16), for which the share of a core works ${links.cpuMsPerMB.float32.toFixed(1)} and ${links.cpuMsPerMB.bf16.toFixed(1)} ms per MB sent (${links.busyCpuMsPerMB.float32.toFixed(1)} and ${links.busyCpuMsPerMB.bf16.toFixed(1)} beside a pass); latency ${links.latencyMs.toFixed(2)} ms`
    : ''
  return [`${hosts(count)}: ${speeds}${network}`, ...each]
}

function barsOf(world: World): Bar[] {
  const measured = [...world.steps].filter(([{ alone }]) => !alone)
  return measured.map(([of, { stepMs }]): Bar => {
    const plan = planned(world, of)
    const error = plan / stepMs - 1
    const sign = error < 0 ? '-' : '+'
    return {
      name: `${rowOf(world.count)}, ${of.name}: the planner's step`,
      wanted: `within ${percent(tolerance)}`,
      got: `${ms(plan)} for ${ms(stepMs)}: ${sign}${(100 * Math.abs(error)).toFixed(1)} %`,
      met: Math.abs(error) <= tolerance,
    }
  })
}

function timingsOf({ count, steps }: World): Timing[] {
  return [...steps].map(([{ name, passes }, { laps, disturbed }]) => ({
    ...summarise(rowOf(count), name, {
      laps: laps.map((each) => ({ ms: each })),
      work: count * passes * training.batch,
      unit: 'images',
    }),
    ...(disturbed > 0 && { disturbed }),
  }))
}

function whyNot(): string | undefined {
  const cores = availableParallelism()
  return (
    whyNoLinks() ??
    whyNoShares() ??
    (cores < 2 ? `four machines of ${share} cores need two, there is ${cores}` : undefined)
  )
}

/** ResNet18 trained by machines that have a share of a core each, over links of 1 Gbit/s. */
export const scaling: Row = {
  name: 'scaling',
  onRequest: true,
  async run({ quick, say }): Promise<Outcome> {
    const reason = whyNot()
    if (reason) return { timings: [], notes: [`scaling was left out: ${reason}`] }
    const worlds: World[] = []
    for (const count of [1, 2, 4]) worlds.push(await measureWorld(count, { quick, say }))
    return {
      timings: worlds.flatMap(timingsOf),
      bars: worlds.flatMap(barsOf),
      notes: worlds.flatMap(notesOf),
    }
  },
}
