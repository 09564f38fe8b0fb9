import { spawn } from 'node:child_process'
import { python } from '../environment.ts'
import { type Contender, consume } from '../harness.ts'
import { pythonLaps } from './python.ts'

export type SepTask = 'read' | 'background' | 'extract' | 'analyse'

const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** SEP through Python: the process starts once, so its start is in no lap. */
export async function sepContender(name: string, file: string, task: SepTask): Promise<Contender> {
  const sep = await pythonLaps({ script: 'sep_laps.py', args: [file], env: oneThread })
  const time = async () => {
    const { ms, result } = await sep.lap(task)
    consume(result)
    return { ms }
  }
  return { name, time, close: sep.close }
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
