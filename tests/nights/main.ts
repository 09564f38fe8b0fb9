// Simulates nights of telescopes nobody tuned on, judges them, and prints completeness and confusion.
//   npm run nights -- [--nights 12] [--frames 40] [--seed 1000] [--size 1024x768] [--misses] [--json]
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { JudgedFrame, NightOptions } from './judge.ts'
import { formatRow, isMet, scoreNights } from './score.ts'

const { values } = parseArgs({
  options: {
    nights: { type: 'string', default: '12' },
    frames: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1000' },
    size: { type: 'string', default: '1024x768' },
    misses: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const [width, height] = values.size.split('x').map(Number)
const nights = Array.from({ length: Number(values.nights) }, (_, i) => ({
  seed: Number(values.seed) + i,
  frames: Number(values.frames),
  width,
  height,
}))
const frames = (await judgeAll(nights)).flat()
const rows = scoreNights(frames)
const write = (line: string) => process.stdout.write(`${line}\n`)
if (values.json) write(JSON.stringify({ options: values, rows }))
else {
  write(
    `${nights.length} nights of ${values.frames} frames, ${values.size}, seeds from ${values.seed}`,
  )
  for (const row of rows) write(formatRow(row))
}
if (values.misses) for (const frame of frames) explainMiss(frame)
const barred = rows.filter(({ bar }) => bar !== undefined)
const missed = barred.filter((row) => !isMet(row))
if (!values.json) write(`${barred.length - missed.length} passed, ${missed.length} failed`)
process.exitCode = missed.length > 0 ? 1 : 0

/** Nights are dealt to one worker a core; a night stays whole, as its frames are judged against each other. */
async function judgeAll(queue: readonly NightOptions[]): Promise<JudgedFrame[][]> {
  const results: JudgedFrame[][] = []
  let next = 0
  const workers = Array.from(
    { length: Math.min(availableParallelism(), queue.length) },
    async () => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url))
      for (let i = next++; i < queue.length; i = next++)
        results[i] = await new Promise((resolve, reject) => {
          worker.once('message', resolve)
          worker.once('error', reject)
          worker.postMessage(queue[i])
        })
      await worker.terminate()
    },
  )
  await Promise.all(workers)
  return results
}

function explainMiss({ seed, index, truth, assessment }: JudgedFrame): void {
  const found = assessment.causes.map(({ kind, severity }) => `${kind} ${severity.toFixed(2)}`)
  const wrong = truth.clean
    ? assessment.verdict !== 'clean'
    : (assessment.verdict === 'clean' && truth.labels.length > 0) ||
      truth.labels.some((label) => !assessment.causes.some(({ kind }) => kind === label))
  if (!wrong) return
  const trails = truth.trails.map(
    (t) => `${t.kind} ${t.pixelSnr.toFixed(2)}x${t.lengthPx.toFixed(0)} w${t.widthPx.toFixed(1)}`,
  )
  write(
    `night ${seed} frame ${index}: truth [${truth.labels}] T ${truth.cloud.transparency.toFixed(2)} fwhm ${(truth.fwhmPx / truth.normalFwhmPx).toFixed(2)} a/b ${truth.elongation.toFixed(2)} ${trails.join('; ')} | said ${assessment.verdict}/${assessment.action} [${found}] T ${assessment.clouds.transparency?.toFixed(2)} cover ${assessment.clouds.coverage?.toFixed(2)} fwhm ${assessment.stars.fwhmPx.toFixed(2)} e ${assessment.stars.eccentricity.toFixed(2)} coh ${assessment.stars.elongationCoherence.toFixed(2)} n ${assessment.stars.count}`,
  )
}
