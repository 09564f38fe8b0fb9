// A process of a group, for tests: meets, sums, and meets again whenever a generation ends. It says what happens in
// JSON lines, and does what it is told on standard input: `leave`. It ends with that input.
import { createInterface } from 'node:readline'
import { placeFromEnvironment } from '../../../src/environment.ts'
import { DistributedError, exitCodeOf } from '../../../src/errors.ts'
import { type GroupOptions, openGroup } from '../../../src/node/group.ts'

const tell = (event: string, more: object = {}) =>
  process.stdout.write(`${JSON.stringify({ event, pid: process.pid, ...more })}\n`)

async function main(): Promise<void> {
  const { GROUP_OPTIONS = '{}', LAYOUT = 'net', STEP = '-1' } = process.env
  const options = JSON.parse(GROUP_OPTIONS) as Partial<GroupOptions>
  const place = placeFromEnvironment(process.env)
  const say = (line: string) => tell('said', { line })
  const group = await openGroup({ place, layout: LAYOUT, say, ...options })
  const lines = createInterface({ input: process.stdin })
  const leaving = new Promise<void>((resolve) => {
    lines.on('line', (line) => line === 'leave' && resolve())
  })
  lines.on('close', () => process.exit(1))
  let hasLeft = false
  leaving.then(async () => {
    hasLeft = true
    await group.leave()
    tell('left')
    process.stdin.removeAllListeners().destroy()
    lines.removeAllListeners()
  })
  tell('open')
  try {
    for (let step = Number(STEP); !hasLeft; step++) {
      const { collective, steps, source } = await group.meet({ step })
      const { rank, world, generation, signal } = collective
      const sum = new Float32Array(1).fill(place.index + 1)
      const summing = await collective.allReduce(sum).then(
        () => ({ sum: sum[0] }),
        ({ message }) => ({ failed: message }),
      )
      const { members } = group
      tell('met', { rank, world, generation, steps, source, members, ...summing })
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve())
        if (signal.aborted) resolve()
      })
      if (!hasLeft)
        tell('ended', { generation, code: signal.reason.code, why: signal.reason.message })
    }
  } catch (error) {
    if (hasLeft) return
    await group.close()
    throw error
  }
}

main().catch((error) => {
  tell('failed', {
    code: error instanceof DistributedError ? error.code : 'none',
    why: error.message,
  })
  process.exit(exitCodeOf(error))
})
