import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Io, run } from 'nebulift'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  type ClusterDouble,
  type DoubleOptions,
  startDouble,
} from '../../packages/k8s/test/node/double/double.ts'

// The command's own jobs in a double of a cluster, whose pods are real processes of the real command.

const main = resolve(import.meta.dirname, '../../examples/cli/src/main.ts')
const nebulift = [process.execPath, '--conditions=@nebulift/source', main]

let root: string
let claims: Record<string, string>

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'nebulift-tests-k8s-'))
  claims = { astro: join(root, 'astro'), out: join(root, 'out') }
  for (const folder of Object.values(claims)) mkdirSync(folder)
  const [, ...argv] = nebulift
  const set = ['--nights', '6', '--frames', '8', '--seed', '4', '--size', '192x160']
  const make = ['dataset', 'simulate', '-o', join(root, 'astro', 'set'), ...set]
  execFileSync(process.execPath, [...argv, ...make], { stdio: 'ignore' })
  const night = ['simulate', join(root, 'astro', 'night'), '--frames', '6', '--seed', '3']
  execFileSync(process.execPath, [...argv, ...night, '--size', '256x192'], { stdio: 'ignore' })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function cluster(options: DoubleOptions = {}) {
  const double = await startDouble({ programs: { nebulift }, claims, ...options })
  onTestFinished(() => double.close())
  for (const name of Object.keys(claims)) {
    const metadata = { name, namespace: 'default' }
    double.store.create({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata })
  }
  const kubeconfig = join(root, `config-${double.url.replaceAll(/\W/g, '')}`)
  writeFileSync(kubeconfig, double.kubeconfig())
  return { double, at: ['--kubeconfig', kubeconfig, '-n', 'default'] }
}

/** Runs the command here, and tells what it said so far at any moment. */
function command(argv: readonly string[]) {
  const said = { out: '', err: '' }
  const say = (stream: 'out' | 'err', text: string) => {
    said[stream] += text
  }
  const io: Io = {
    stdout: { write: (text) => say('out', text) },
    stderr: { write: (text) => say('err', text) },
    env: {},
  }
  return { said, code: run(argv, io) }
}

async function until(test: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (test()) return
    await new Promise((next) => setTimeout(next, 50))
  }
  throw new Error('it did not happen within half a minute')
}

const running = (double: ClusterDouble, job: string) =>
  double.pods(job).filter(({ status }) => status.phase === 'Running')

const small = ['--width', '0.1', '--batch', '8', '--seed', '2', '--threads', '1']

describe('k8s-train', () => {
  it('trains on three pods, one of which is lost; the model lies on the volume', async () => {
    const { double, at } = await cluster({ backoffMs: 300 })
    const { said, code } = command([
      ...['k8s-train', 'claim:astro/set', '--checkpoints', 'claim:out', '--name', 'night'],
      ...['--workers', '3', '--passes', '4', '--epochs', '12', ...small, '--watch', ...at],
    ])
    const checkpoints = join(root, 'out', 'checkpoints')
    await until(() => existsSync(join(checkpoints, 'log.jsonl')) && epochs(checkpoints) > 0)
    const victim = running(double, 'night').find((pod) => pod.spec.hostname === 'night-1')!
    double.kill(victim)
    const isBack = () => {
      const uids = running(double, 'night').map(({ metadata }) => metadata.uid)
      return uids.length === 3 && !uids.includes(victim.metadata.uid)
    }
    await until(isBack)
    const status = command(['k8s', 'status', 'night', ...at])
    expect(await status.code).toBe(0)
    expect(status.said.out).toMatch(/night running: 0 of 3 done, 3 running, 1 lost so far/)
    expect(await code, said.err).toBe(0)
    expect(said.err).toContain('night complete: 3 of 3 done')
    expect(said.out).toMatch(/^\[0\] .*## Limits/m)
    expect(said.err).toMatch(/Secret nebulift-token|Job night: created/)
    expect(existsSync(join(root, 'out', 'model.onnx'))).toBe(true)
    expect(epochs(checkpoints)).toBe(12)
  })

  it('a mistake fails the job at once, and says why', async () => {
    const { at } = await cluster()
    const { said, code } = command([
      ...['k8s-train', 'claim:astro/nothing', '--checkpoints', 'claim:out', '--name', 'wrong'],
      ...['--epochs', '1', ...small, '--watch', ...at],
    ])
    expect(await code).toBe(42)
    expect(said.out).toMatch(/\[\d\] error: .*holds no data set/)
    expect(said.err).toMatch(/error: job wrong failed/)
  })

  it('a kubeconfig without rights ends in one line', async () => {
    const { double } = await cluster({
      users: { nobody: { name: 'nobody', may: () => false } } as never,
    })
    const config = join(root, 'nobody')
    writeFileSync(config, double.kubeconfig('nobody'))
    const { said, code } = command([
      ...['k8s-train', 'claim:astro/set', '--checkpoints', 'claim:out', '--apply'],
      ...['--kubeconfig', config, '-n', 'default'],
    ])
    expect(await code).toBe(42)
    expect(said.err).toMatch(/^error: .*nobody.*\n$/m)
  })
})

describe('k8s-batch', () => {
  it('judges a night in shards and puts them together', async () => {
    const { double, at } = await cluster()
    const { said, code } = command([
      ...['k8s-batch', 'claim:astro/night', 'claim:out/sorted', '--shards', '3', '--watch'],
      ...['--name', 'judge', ...at],
    ])
    expect(await code, said.err).toBe(0)
    const manifest = JSON.parse(readFileSync(join(root, 'out', 'sorted', 'manifest.json'), 'utf8'))
    expect(manifest.frames).toHaveLength(6)
    expect(manifest.complete).toBe(true)
    expect(said.err).toContain('judge complete: 3 of 3 done')
    expect(said.err).toContain('judge-merge complete: 1 of 1 done')
    const gone = command(['k8s', 'delete', 'judge', ...at])
    expect(await gone.code).toBe(0)
    expect(double.pods('judge')).toEqual([])
  })
})

function epochs(folder: string): number {
  const log = readFileSync(join(folder, 'log.jsonl'), 'utf8')
  return log.match(/"kind":"epoch"/g)?.length ?? 0
}
