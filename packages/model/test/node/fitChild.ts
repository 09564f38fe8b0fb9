// Trains in a folder, tells of every step, and prints a hash of the result: made to be killed.
import { train } from './fitTask.ts'

const [folder] = process.argv.slice(2)
const { hash } = await train({
  epochs: 150,
  folder,
  loaders: 2,
  onEvent: (event) => {
    if (event.kind === 'step') process.stdout.write('step\n')
  },
})
process.stdout.write(`hash ${hash}\n`)
