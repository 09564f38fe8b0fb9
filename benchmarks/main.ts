import { parseArgs } from 'node:util'
import { environment } from './environment.ts'
import { consumed } from './harness.ts'
import { asMarkdown, asText, type Results } from './report.ts'
import { allReduceLoopback, allReduceShaped } from './rows/allreduce.ts'
import { analysis } from './rows/analysis.ts'
import { batch } from './rows/batch.ts'
import { memory } from './rows/memory.ts'
import { inference } from './rows/model_inference.ts'
import { fileSize, trainingMemory } from './rows/model_size.ts'
import { piRows } from './rows/pi.ts'
import { reading } from './rows/reading.ts'
import type { Plan, Row } from './rows/row.ts'
import { scaling } from './rows/scaling.ts'
import { stages } from './rows/stages.ts'
import { trainStep } from './rows/train_step.ts'

const modelRows: readonly Row[] = [trainStep, inference, trainingMemory, fileSize]
const distributedRows: readonly Row[] = [allReduceLoopback, allReduceShaped, scaling]
const rows: readonly Row[] = [
  ...[reading, analysis, stages, memory, batch],
  ...[...modelRows, ...distributedRows, ...piRows],
]

const { values } = parseArgs({
  options: {
    filter: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
  },
})

const plan: Plan = {
  filter: values.filter,
  quick: values.quick,
  say: (text) => process.stderr.write(`${text}\n`),
}

const isNamed = (name: string) => plan.filter !== '' && name.startsWith(plan.filter)
const chosen = rows.filter(({ name, onRequest }) =>
  onRequest ? isNamed(name) : name.includes(plan.filter),
)
if (chosen.length === 0) {
  plan.say(`no row is called ${plan.filter}; there are: ${rows.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

// Now, while the load is that of others.
const here = environment()
const outcomes: Results['outcomes'][number][] = []
const failures: Results['failures'][number][] = []
for (const row of chosen) {
  plan.say(`… ${row.name}`)
  try {
    outcomes.push({ row: row.name, ...(await row.run(plan)) })
  } catch (error) {
    failures.push({ row: row.name, reason: error instanceof Error ? error.message : String(error) })
  }
}

const results: Results = { environment: here, quick: plan.quick, outcomes, failures }
const text = () => (values.markdown ? asMarkdown(results) : asText(results))
process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : text())
plan.say(`(checksum of all results: ${consumed()})`)
const missed = outcomes.flatMap(({ bars = [] }) => bars).filter(({ met }) => !met)
if (failures.length > 0 || missed.length > 0) process.exitCode = 1
