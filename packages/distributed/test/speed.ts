// How much of summing a ResNet18's gradients hides behind the backward pass: two processes on this machine.
//   npx node --conditions=@nebulift/source packages/distributed/test/speed.ts
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { StepEvent } from '../src/dataParallel/events.ts'
import { openGroup } from '../src/node/group.ts'
import type { Replica } from '../src/replica.ts'
import { type TrainOptions, trainDataParallel } from '../src/trainDataParallel.ts'

type Wire = NonNullable<TrainOptions<number>['wire']>

const STEPS = 20
const FORWARD_MS = 100
const BACKWARD_MS = 200

/** Parameters of ResNet18 with ten classes, the last layers first. */
const lengths = [
  10,
  5120,
  ...[512, 256, 128, 64].flatMap((channels) => [
    ...Array.from({ length: 3 }, () => channels * channels * 9),
    (channels * channels * 9) / (channels === 64 ? 1 : 2),
    ...(channels === 64 ? [] : [(channels * channels) / 2]),
    ...Array.from({ length: 10 }, () => channels),
  ]),
  9408,
]

/** Computes nothing, in as much time as a pass takes. */
function idleReplica(): Replica<number> {
  const gradients = lengths.map((length) => new Float32Array(length).fill(1))
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  return {
    layout: 'ResNet18',
    async *gradients() {
      await pause(FORWARD_MS)
      const start = performance.now()
      for (const [i, values] of gradients.entries()) {
        const due = (BACKWARD_MS * (i + 1)) / gradients.length
        await pause(Math.max(0, start + due - performance.now()))
        yield { gradients: new Map([[`parameter ${i}`, values]]) }
      }
    },
    update: async () => undefined,
    snapshot: async () => new Uint8Array(1),
    restore: async () => undefined,
  }
}

async function train(index: number, overlap: boolean, wire: Wire): Promise<void> {
  const master = { host: '127.0.0.1', port: 29_597 }
  const place = { index, world: { min: 2, max: 2 }, master, ringPort: 0, token: 'speed' }
  const group = await openGroup({ place, layout: 'ResNet18' })
  const steps: StepEvent[] = []
  const data = { stepsPerEpoch: STEPS, passes: 2, load: async () => 0 }
  const onEvent: TrainOptions<number>['onEvent'] = (event) => {
    if (event.kind === 'step') steps.push(event)
  }
  const replica = idleReplica()
  await trainDataParallel({ group, replica, data, epochs: 1, overlap, wire, onEvent })
  await group.leave()
  if (index > 0) return
  const median = (of: 'stepMs' | 'allReduceMs' | 'communicateMs') =>
    steps
      .map((step) => step[of])
      .toSorted((a, b) => a - b)
      [STEPS / 2]!.toFixed(0)
  const how = `${wire}, overlap ${overlap ? 'on' : 'off'}`.padEnd(22)
  const times = `step ${median('stepMs')} ms, sums ${median('allReduceMs')} ms`
  process.stdout.write(`${how} ${times}, waited for ${median('communicateMs')} ms\n`)
}

async function both(overlap: boolean, wire: Wire): Promise<void> {
  const flags = ['--conditions=@nebulift/source', fileURLToPath(import.meta.url)]
  const processes = [0, 1].map((index) => {
    const args = [...flags, String(index), String(overlap), wire]
    return spawn(process.execPath, args, { stdio: 'inherit' })
  })
  await Promise.all(processes.map((each) => new Promise((resolve) => each.once('exit', resolve))))
}

const [index, overlap, wire] = process.argv.slice(2)
if (index === undefined) {
  for (const wire of ['float32', 'bf16'] as const)
    for (const overlap of [false, true]) await both(overlap, wire)
} else await train(Number(index), overlap === 'true', wire as Wire)
