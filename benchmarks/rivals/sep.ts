import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { python } from '../environment.ts'
import { type Contender, consume } from '../harness.ts'

export type SepTask = 'read' | 'background' | 'extract' | 'analyse'

const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** SEP through Python: the process starts once, so its start is in no lap. */
export async function sepContender(name: string, file: string, task: SepTask): Promise<Contender> {
  const script = join(import.meta.dirname, 'sep_laps.py')
  const child = spawn(python, [script, file], {
    env: { ...process.env, ...oneThread },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await answers.next()
    if (done) throw new Error(`${name}: Python ended before it answered`)
    return JSON.parse(value) as { ms: number; result: number }
  }
  await next()
  const time = async () => {
    child.stdin.write(`${task}\n`)
    const { ms, result } = await next()
    consume(result)
    return { ms }
  }
  return { name, time, close: () => stop(child) }
}

function stop(child: ChildProcess): void {
  child.stdin?.end()
}

/** What one start of Python with the same imports costs, the part that no lap holds. */
export function sepStart(): Contender {
  const time = () => {
    const start = performance.now()
    return new Promise<{ ms: number }>((resolve, reject) => {
      const child = spawn(python, ['-c', 'import numpy, sep, astropy.io.fits'], { stdio: 'ignore' })
      child.on('error', reject)
      child.on('close', () => resolve({ ms: performance.now() - start }))
    })
  }
  return { name: 'start of python3 with sep and astropy', time }
}
