// Trains for some steps and prints the largest resident size this process ever had, in bytes.
import { openTraining, type TrainingOptions } from '../models.ts'
import { peakBytes } from '../peak.ts'

const options: TrainingOptions & { readonly steps: number } = JSON.parse(process.argv[2])
const { contender } = await openTraining(options)
for (let step = 0; step < options.steps; step++) await contender.time()
process.stdout.write(String(peakBytes()))
await contender.close?.()
