import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { defaultJobs, estimatePixels } from '../../src/night/jobs.ts'
import { type PoolOptions, runPool } from '../../src/night/pool.ts'
import { temporaryFolder } from '../helpers.ts'

/** A worker that squares numbers; some tasks are traps. */
const trapWorker = `
import { parentPort } from 'node:worker_threads'
parentPort.on('message', (message) => {
  if (message === 'leave') return parentPort.close()
  const { index, task } = message
  if (task === 'exit') process.exit(3)
  if (task === 'crash') throw new Error('out of luck')
  if (task === 'hang') return
  if (task === 'fail') parentPort.postMessage({ index, failure: { message: 'no', code: 'NO' } })
  else parentPort.postMessage({ index, result: task * task })
})`

async function square(tasks: unknown[], options: Partial<PoolOptions<unknown, number>> = {}) {
  const path = join(temporaryFolder(), 'worker.mjs')
  writeFileSync(path, trapWorker)
  const results: unknown[] = Array(tasks.length).fill('none')
  await runPool<unknown, number>({
    script: pathToFileURL(path),
    jobs: 2,
    tasks,
    onResult: (index, result) => {
      results[index] = result
    },
    onFailure: (index, { message }) => {
      results[index] = message
    },
    ...options,
  })
  return results
}

describe('runPool', () => {
  it('runs every task once', async () => {
    expect(await square([1, 2, 3, 4, 5])).toEqual([1, 4, 9, 16, 25])
    expect(await square([])).toEqual([])
  })

  it('a worker that dies costs its task only', async () => {
    expect(await square([1, 'crash', 'exit', 'crash', 'exit', 'fail', 3])).toEqual([
      1,
      'its worker failed: out of luck',
      'its worker stopped',
      'its worker failed: out of luck',
      'its worker stopped',
      'no',
      9,
    ])
  })

  it('stops at once when interrupted', async () => {
    const stop = new AbortController()
    const done = square(['hang', 'hang', 'hang'], { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(done).rejects.toThrow('enough')
    await expect(square([1], { signal: stop.signal })).rejects.toThrow('enough')
  })

  it('stops when a result cannot be kept', async () => {
    const onResult = () => Promise.reject(new Error('disk full'))
    await expect(square([1, 2, 3], { onResult })).rejects.toThrow('disk full')
  })
})

describe('defaultJobs', () => {
  it('takes the cores, less where memory is short, never none', () => {
    expect(defaultJobs(26e6, { cores: 4, freeBytes: 16e9 })).toBe(4)
    expect(defaultJobs(26e6, { cores: 4, freeBytes: 2e9 })).toBe(2)
    expect(defaultJobs(100e6, { cores: 4, freeBytes: 1e8 })).toBe(1)
    expect(defaultJobs(0)).toBeGreaterThanOrEqual(1)
  })

  it('knows that compressed files hold more than they show', () => {
    expect(estimatePixels('a.fits', 100)).toBe(50)
    expect(estimatePixels('a.FITS.FZ', 100)).toBe(100)
  })
})
