import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'

/** One way of doing a row's work. `time` does it once and tells how long that took. */
export interface Contender {
  readonly name: string
  time(): Promise<Lap>
  /** Ends what the contender keeps running, and frees its memory. */
  close?(): void | Promise<void>
}

export interface Lap {
  readonly ms: number
  /** Processor time that the contender used meanwhile, where it can tell. */
  readonly cpuMs?: number
}

export interface RowOptions {
  /** Work done by one lap, in `unit`: the same for every contender of the row. */
  readonly work: number
  readonly unit: string
  /** Laps that are thrown away. Default 1. */
  readonly warmup?: number
  /** Laps that count. Default 5. */
  readonly rounds?: number
  /**
   * Pause before each lap. Default none. Threads of OpenMP go on looking for work for some milliseconds, and
   * would take a core from whoever comes next.
   */
  readonly restMs?: number
  /**
   * Laps in a row that count in a contender's turn. Default 1. With more than one, at least two go before them that
   * do not count: they find the caches full of the others' numbers, and their threads still awake, as nobody does
   * who classifies one picture after another.
   */
  readonly inARow?: number
}

export interface Timing {
  readonly row: string
  readonly contender: string
  readonly unit: string
  readonly work: number
  readonly laps: readonly number[]
  readonly minMs: number
  readonly medianMs: number
  /** Median absolute deviation from the median. */
  readonly madMs: number
  /** Work per second at the median. */
  readonly rate: number
  /** Processor time over wall time, 1 = one core busy; only where the contender can tell. */
  readonly cores?: number
  /** Rounds that count although other programs ran meanwhile; absent where there are none. */
  readonly disturbed?: number
}

let sink = 0

/** Looks at a result, so that no compiler may leave out the work behind it. */
export function consume(value: unknown): void {
  const seen = typeof value === 'number' ? value : JSON.stringify(value)?.length
  sink = (sink + (seen ?? 0)) % 1_000_003
}

/** What was consumed, to be printed: the last proof that it was computed. */
export const consumed = (): number => sink

/** A contender that works in this process; whatever `work` returns is consumed. */
export function inProcess(name: string, work: () => unknown): Contender {
  const time = async (): Promise<Lap> => {
    const cpu = process.cpuUsage()
    const start = performance.now()
    const result = await work()
    const ms = performance.now() - start
    const used = process.cpuUsage(cpu)
    consume(result)
    return { ms, cpuMs: (used.user + used.system) / 1000 }
  }
  return { name, time }
}

/** The same where other processes do the work: this one's own processor time says nothing. */
export function inChildren(name: string, work: () => unknown): Contender {
  const { time } = inProcess(name, work)
  return { name, time: async () => ({ ms: (await time()).ms }) }
}

/** Opens contenders one by one; where one fails, those before it are closed. */
export async function openAll(
  openers: readonly (() => Promise<Contender | undefined>)[],
): Promise<Contender[]> {
  const opened: Contender[] = []
  try {
    for (const open of openers) {
      const contender = await open()
      if (contender) opened.push(contender)
    }
    return opened
  } catch (error) {
    for (const contender of opened) await contender.close?.()
    throw error
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Processor time that all programs of this machine together have used. */
export function machineMs(): number {
  const used = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq)
  return used.reduce((sum, each) => sum + each, 0)
}

/** Share of a core that others may use in a lap, and what the system's ticks of 10 ms cannot tell apart. */
const others = { share: 0.1, ms: 30 }

/** One lap, and whether other programs ran meanwhile. */
async function watchedLap(contender: Contender): Promise<{ lap: Lap; disturbed: boolean }> {
  const before = machineMs()
  const lap = await contender.time()
  const foreignMs = lap.cpuMs === undefined ? 0 : machineMs() - before - lap.cpuMs
  return { lap, disturbed: foreignMs > others.share * lap.ms + others.ms }
}

/** What a longer turn begins with: laps that only warm caches, until threads of the one before have gone to sleep too. */
const settling = { laps: 2, ms: 60 }

/** One contender's turn: the laps that count, and whether other programs ran meanwhile. */
async function turnOf(
  contender: Contender,
  { restMs, inARow }: { restMs: number; inARow: number },
): Promise<{ laps: Lap[]; disturbed: boolean }> {
  if (restMs > 0) await setTimeout(restMs)
  const watched: { lap: Lap; disturbed: boolean }[] = []
  const start = performance.now()
  const isSettled = (i: number) =>
    inARow === 1 || (i >= settling.laps && performance.now() - start >= settling.ms)
  for (let i = 0; !isSettled(i); i++) await contender.time()
  for (let i = 0; i < inARow; i++) watched.push(await watchedLap(contender))
  return {
    laps: watched.map(({ lap }) => lap),
    disturbed: watched.some(({ disturbed }) => disturbed),
  }
}

/**
 * Times contenders in turn, so that whatever else the machine does hits all of them alike,
 * and each round starts with another one. A round in which other programs ran is repeated, for all contenders
 * and at most twice as often as there are rounds: programs that wait for all their threads suffer most.
 */
export async function race(
  row: string,
  contenders: readonly Contender[],
  { work, unit, warmup = 1, rounds = 5, restMs = 0, inARow = 1 }: RowOptions,
): Promise<Timing[]> {
  const laps = contenders.map((): Lap[] => [])
  let [repeated, disturbed, start] = [0, 0, 0]
  try {
    for (let round = -warmup; round < rounds; start++) {
      const found: { i: number; laps: Lap[]; disturbed: boolean }[] = []
      for (let turn = 0; turn < contenders.length; turn++) {
        const i = (turn + start) % contenders.length
        found.push({ i, ...(await turnOf(contenders[i], { restMs, inARow })) })
      }
      const isDisturbed = round >= 0 && found.some((each) => each.disturbed)
      if (isDisturbed && repeated++ < 2 * rounds) continue
      if (isDisturbed) disturbed++
      if (round >= 0) for (const each of found) laps[each.i].push(...each.laps)
      round++
    }
  } finally {
    for (const contender of contenders) await contender.close?.()
  }
  return contenders.map(({ name }, i) => ({
    ...summarise(row, name, { laps: laps[i], work, unit }),
    ...(disturbed > 0 && { disturbed }),
  }))
}

/** Minimum, median and spread of laps that did the same work. */
export function summarise(
  row: string,
  contender: string,
  { laps, work, unit }: { laps: readonly Lap[]; work: number; unit: string },
): Timing {
  const ms = laps.map((lap) => lap.ms)
  const medianMs = median(ms)
  const cores = laps.flatMap((lap) => (lap.cpuMs === undefined ? [] : [lap.cpuMs / lap.ms]))
  return {
    ...{ row, contender, unit, work, laps: ms },
    minMs: Math.min(...ms),
    medianMs,
    madMs: median(ms.map((each) => Math.abs(each - medianMs))),
    rate: work / (medianMs / 1000),
    ...(cores.length > 0 && { cores: median(cores) }),
  }
}
