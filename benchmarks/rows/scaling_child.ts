// One machine of a training: an order a line in, a line of JSON out. It ends when there are no more lines.
import { createInterface } from 'node:readline'
import { memoryGroup, type Part, trainDataParallel } from '@nebulift/distributed'
import { openGroup } from '@nebulift/distributed/node'
import { random, resnet18 } from '@nebulift/model'
import { type Batch, createTrainer } from '@nebulift/model/node'
import type { Order, Start, SumLap, TimedStep } from './scaling_orders.ts'

const start: Start = JSON.parse(process.argv[2])
const { rank, world, sizePx, batch, classes, bucketBytes } = start
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)

const network = resnet18({ classes, sizePx })
const trainer = await createTrainer({ network, threads: 1, seed: 1 })
const picture = batchOfNoise()
const layout = `${trainer.parameterCount} numbers in ${trainer.layout}`
const group = await openGroup({
  layout,
  meetTimeoutMs: 60_000,
  place: {
    index: rank,
    world: { min: world, max: world },
    master: { host: start.master, port: 29_500 },
    host: start.host,
    token: 'of the benchmarks',
  },
})

/** What is in pictures changes no time. */
function batchOfNoise(): Batch {
  const { normal } = random(rank + 1)
  const image = Float32Array.from({ length: batch * 3 * sizePx * sizePx }, normal)
  const target = new Float32Array(batch * classes)
  for (let i = 0; i < batch; i++) target[i * classes + (i % classes)] = 1
  return { inputs: { image }, target }
}

const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000

async function* gradients(from: Batch): AsyncGenerator<Part> {
  for await (const part of trainer.gradientParts(from, start.parts)) {
    const { loss } = part
    yield { gradients: part.gradients, ...(loss !== undefined && { numbers: { loss } }) }
  }
}

const replica = {
  layout,
  gradients,
  update: (mean: ReadonlyMap<string, Float32Array>) => trainer.update(mean, 1e-4),
  // All machines begin with the same seed, and nobody comes later.
  snapshot: async () => new Uint8Array(),
  restore: async () => {},
}

async function train(order: Extract<Order, { kind: 'train' }>): Promise<TimedStep[]> {
  const { alone, wire, overlap, passes, steps } = order
  const events: TimedStep[] = []
  let before = cpuMs()
  await trainDataParallel({
    // After this training the same machines make others.
    group: alone ? memoryGroup(1).start(0) : { ...group, conclude: async () => undefined },
    replica,
    data: {
      stepsPerEpoch: steps,
      passes: alone ? passes : passes * world,
      passExamples: batch,
      load: async () => picture,
    },
    ...{ epochs: 1, wire, overlap, bucketBytes, checkEvery: steps + 1 },
    onEvent: (event) => {
      const now = cpuMs()
      if (event.kind === 'step') events.push({ ...event, cpuMs: now - before })
      before = now
    },
  })
  return events
}

/** Processor time of a pass. */
async function passCpuMs(): Promise<number> {
  const before = cpuMs()
  await parts(1)
  return cpuMs() - before
}

/** Sums of all gradients, in buckets as in training, with nothing else to do or beside passes. */
async function sum({ wire, laps, busy }: Extract<Order, { kind: 'sum' }>): Promise<SumLap[]> {
  const passMs = busy ? Math.min(await passCpuMs(), await passCpuMs(), await passCpuMs()) : 0
  const { collective } = await group.meet({ step: 0 })
  const length = bucketBytes / Float32Array.BYTES_PER_ELEMENT
  const buckets = Array.from({ length: Math.ceil(trainer.parameterCount / length) }, (_, i) =>
    collective.allocate(Math.min(length, trainer.parameterCount - i * length)),
  )
  const found: SumLap[] = []
  for (let lap = 0; lap < laps; lap++) {
    await collective.barrier()
    const begin = performance.now()
    await collective.barrier()
    const barrierMs = performance.now() - begin
    const [cpu, from, sent] = [cpuMs(), performance.now(), collective.traffic.sentBytes]
    const pass = busy ? parts(1) : undefined
    await Promise.all(
      buckets.map((data, bucket) => collective.allReduce(data, { wire, step: lap, bucket })),
    )
    const ms = performance.now() - from
    const sentBytes = collective.traffic.sentBytes - sent
    await pass
    found.push({ ms, cpuMs: cpuMs() - cpu - passMs, barrierMs, sentBytes })
  }
  // Whoever leaves first must not end what others have not heard yet.
  await collective.barrier().catch(() => undefined)
  await collective.close()
  return found
}

/** When each part of a pass is there, from its begin (ms), and how many bytes it holds. */
async function parts(laps: number): Promise<{ atMs: number; bytes: number }[][]> {
  const found: { atMs: number; bytes: number }[][] = []
  for (let lap = 0; lap < laps; lap++) {
    const begin = performance.now()
    const pass: { atMs: number; bytes: number }[] = []
    for await (const part of trainer.gradientParts(picture, start.parts)) {
      const bytes = [...part.gradients.values()].reduce(
        (all, { byteLength }) => all + byteLength,
        0,
      )
      pass.push({ atMs: performance.now() - begin, bytes })
    }
    found.push(pass)
  }
  return found
}

/** A pass forward only (ms). */
async function forward(laps: number): Promise<number[]> {
  const found: number[] = []
  for (let lap = 0; lap < laps; lap++) {
    const begin = performance.now()
    await trainer.predict(picture.inputs)
    found.push(performance.now() - begin)
  }
  return found
}

function obey(order: Order): Promise<unknown> {
  if (order.kind === 'train') return train(order)
  if (order.kind === 'sum') return sum(order)
  return order.kind === 'parts' ? parts(order.laps) : forward(order.laps)
}

say({ pid: process.pid, parameters: trainer.parameterCount })
for await (const line of createInterface({ input: process.stdin }))
  say({ answer: await obey(JSON.parse(line)) })
process.exit()
