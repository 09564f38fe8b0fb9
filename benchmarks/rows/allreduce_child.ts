// One rank of our ring: one line in, one line of JSON out. The first line says where the others are, every other
// one is a lap: a barrier, then an all-reduce whose time it tells, a barrier, then a look at every element.
import { createInterface } from 'node:readline'
import { listenRing } from '@nebulift/distributed/node'

const { rank, world, elements, host } = JSON.parse(process.argv[2])
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
const ring = await listenRing({ host, token: 'of the benchmarks' })
say({ port: ring.port })

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const peers = JSON.parse((await lines.next()).value ?? '[]')
const collective = await ring.connect({ rank, world, generation: 1, peers })
const data = collective.allocate(elements)
const sum = (world * (world + 1)) / 2
say({ ready: true })

for await (const line of { [Symbol.asyncIterator]: () => lines }) {
  const wire = line === 'bf16' ? 'bf16' : 'float32'
  data.fill(rank + 1)
  await collective.barrier()
  const start = performance.now()
  await collective.allReduce(data, { wire })
  const ms = performance.now() - start
  // Whoever looks at its sums takes a core from those who are still summing.
  await collective.barrier()
  say({ ms, right: isAll(data, sum) })
}
await ring.close()

/** A loop: `every` makes a number on the heap of each element, which the lap after this one would have to clear away. */
function isAll(values: Float32Array, wanted: number): boolean {
  for (const value of values) if (value !== wanted) return false
  return true
}
