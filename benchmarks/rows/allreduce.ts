import { installedTorch } from '../environment.ts'
import { type Contender, openAll, race, type Timing } from '../harness.ts'
import { type Links, openLinks, openLoopback, whyNoLinks } from '../links.ts'
import { openGloo, openRing, type Ranks } from '../ranks.ts'
import type { Bar, Outcome, Row } from './row.ts'

/** Weights of a ResNet18 for ten classes. */
const elements = 11_181_642
const megabytes = (4 * elements) / 1e6
/** What TCP over Ethernet with frames of 1500 bytes carries, of 1 Gbit/s: in bytes/s. */
const goodput = 0.949e9 / 8
const raw = 1e9 / 8

/** The least time (ms): every rank sends 2(N-1)/N of the bytes. */
const limitMs = (world: number, bytesPerSecond: number, elementBytes = 4): number =>
  (((2 * (world - 1)) / world) * elements * elementBytes * 1000) / bytesPerSecond

const contender = (name: string, ranks: Ranks, wire: 'float32' | 'bf16'): Contender => ({
  name,
  time: async () => ({ ms: await ranks.lap(wire) }),
})

interface RaceOptions {
  readonly row: string
  readonly links: Links
  readonly wires: readonly ('float32' | 'bf16')[]
  readonly rounds: number
}

/** All-reduce of all contenders over the same links, in turn. */
async function raceOver({ row, links, wires, rounds }: RaceOptions): Promise<Timing[]> {
  try {
    const ring = async (): Promise<Contender[]> => {
      const ranks = await openRing(links, elements)
      const [first, ...others] = wires.map((wire) => contender(`nebulift, ${wire}`, ranks, wire))
      return [{ ...first, close: ranks.close }, ...others]
    }
    const gloo = async (): Promise<Contender | undefined> => {
      if (installedTorch() === undefined) return undefined
      const ranks = await openGloo(links, elements)
      return { ...contender('gloo', ranks, 'float32'), close: ranks.close }
    }
    const ours = await ring()
    const contenders = [...ours, ...(await openAll([gloo]))]
    return await race(row, contenders, {
      work: megabytes,
      unit: 'MB',
      warmup: 3,
      rounds,
      restMs: 20,
    })
  } finally {
    links.close()
  }
}

const named = (timings: readonly Timing[], name: string) =>
  timings.find(({ contender: who }) => who === name)

const bar = (name: string, wanted: string, { got, most }: { got: number; most: number }): Bar => ({
  ...{ name, wanted, got: got.toFixed(3), met: got <= most },
})

const noTorch = 'no torch here: all-reduce is compared with no gloo'

/** All-reduce between processes of this machine, beside PyTorch's gloo. */
export const allReduceLoopback: Row = {
  name: 'distributed: all-reduce, loopback',
  async run({ quick }): Promise<Outcome> {
    const outcomes = []
    for (const world of [2, 4]) {
      const row = `all-reduce, ${world} processes, loopback`
      const links = openLoopback(world)
      const timings = await raceOver({
        row,
        links,
        wires: ['float32', 'bf16'],
        rounds: quick ? 5 : 41,
      })
      const [ours, gloo] = [named(timings, 'nebulift, float32'), named(timings, 'gloo')]
      const ratio = ours && gloo && ours.medianMs / gloo.medianMs
      const bars = ratio ? [bar(row, '<= 1.0x gloo', { got: ratio, most: 1 })] : []
      outcomes.push({ timings, bars })
    }
    return {
      timings: outcomes.flatMap(({ timings }) => timings),
      bars: outcomes.flatMap(({ bars }) => bars),
      notes: installedTorch() ? [] : [noTorch],
    }
  },
}

function shapedBars(row: string, world: number, timings: readonly Timing[]): Bar[] {
  const [float, half] = ['float32', 'bf16'].map((wire) => named(timings, `nebulift, ${wire}`)!)
  const ofLimit = float.medianMs / limitMs(world, goodput)
  const ofFloat = half.medianMs / float.medianMs
  return [
    bar(row, "<= 1.05x the wire's limit at TCP's goodput", { got: ofLimit, most: 1.05 }),
    bar(`${row}, bf16`, '<= 0.55x float32', { got: ofFloat, most: 0.55 }),
  ]
}

/** All-reduce over links of 1 Gbit/s, beside what the wire allows. */
export const allReduceShaped: Row = {
  name: 'distributed: all-reduce, 1 Gbit/s',
  async run({ quick }): Promise<Outcome> {
    const reason = whyNoLinks()
    if (reason) return { timings: [], notes: [`all-reduce at 1 Gbit/s was left out: ${reason}`] }
    const timings: Timing[] = []
    const bars: Bar[] = []
    const notes = installedTorch() ? [] : [noTorch]
    for (const world of [2, 4]) {
      const row = `all-reduce, ${world} hosts, 1 Gbit/s`
      const links = openLinks(world)
      const here = await raceOver({ row, links, wires: ['float32', 'bf16'], rounds: quick ? 3 : 9 })
      timings.push(...here)
      bars.push(...shapedBars(row, world, here))
      const [atRaw, atGoodput] = [raw, goodput].map((rate) => limitMs(world, rate).toFixed(0))
      notes.push(`limit of ${world} hosts: ${atGoodput} ms at TCP's goodput, ${atRaw} ms raw`)
    }
    return { timings, bars, notes }
  },
}
