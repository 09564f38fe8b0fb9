import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { mapShards } from '../../../src/mapShards.ts'
import { items, plan } from './work.ts'

const [folder = '', rank, world, itemMs] = process.argv.slice(2)
let done = 0
const work = async (item: number) => {
  await setTimeout(Number(itemMs))
  return item * 2
}
await mapShards(items, work, {
  ...plan(folder),
  ...{ rank: Number(rank), world: Number(world) },
  onEvent: ({ type }) => {
    if (type === 'done') process.send?.({ done: ++done })
  },
})
process.disconnect?.()
