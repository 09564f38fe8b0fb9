import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'nebulift'
import { expect, it, onTestFinished } from 'vitest'
import { type DoubleOptions, startDouble } from '../../packages/k8s/test/node/double/double.ts'

// What the command makes and takes away in a double of a cluster, whose pods only wait.

const waits = [process.execPath, '-e', 'setTimeout(() => {}, 600_000)']

async function cluster(users?: DoubleOptions['users']) {
  const double = await startDouble({ programs: { nebulift: waits }, ...(users && { users }) })
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-tests-k8s-'))
  onTestFinished(async () => {
    await double.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const kubeconfig = join(folder, 'config')
  writeFileSync(kubeconfig, double.kubeconfig(Object.keys(users ?? {})[0]))
  const command = async (...argv: string[]) => {
    const said = { out: '', err: '' }
    const sink = (stream: 'out' | 'err') => ({
      write: (text: string) => {
        said[stream] += text
      },
    })
    const io = { stdout: sink('out'), stderr: sink('err'), env: {} }
    const at = ['--kubeconfig', kubeconfig, '-n', 'default']
    const code = await run([...argv, ...at], io)
    return { code, ...said }
  }
  return { double, command }
}

const training = ['k8s-train', 'claim:astro', '--checkpoints', 'claim:out', '--name', 'night']

it('k8s delete takes what k8s-train made, but for the secret', async () => {
  const { double, command } = await cluster()
  const applied = await command(...training, '--monitoring', '--apply')
  expect(applied.code, applied.err).toBe(0)
  const { code, out } = await command('k8s', 'delete', 'night')
  expect(code).toBe(0)
  expect(out).toMatch(/^deleted: Job\/night, /)
  const kinds = ['Job', 'Pod', 'Service', 'NetworkPolicy', 'ServiceAccount', 'PodMonitor']
  expect(kinds.flatMap((kind) => double.store.list(kind, 'default'))).toEqual([])
  expect(double.store.get('Secret', 'default', 'nebulift-token')).toBeDefined()
  expect(await command('k8s', 'delete', 'night')).toMatchObject({
    code: 42,
    err: expect.stringMatching(/^error: namespace default has no job night\n$/),
  })
})

it('k8s delete refuses the job of somebody else in one line', async () => {
  const { double, command } = await cluster()
  const metadata = { name: 'backup', namespace: 'default' }
  const spec = { suspend: true, template: { spec: { containers: [] } } }
  double.store.create({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec, status: {} })
  const { code, err } = await command('k8s', 'delete', 'backup')
  expect(code).toBe(42)
  expect(err).toMatch(/^error: delete Job backup: .*nebulift\n$/)
  expect(double.store.get('Job', 'default', 'backup')).toBeDefined()
})

it('whoever may not read secrets is told that the token is taken to stand', async () => {
  const may = (_: string, resource: string) => resource !== 'secrets'
  const { double, command } = await cluster({ operator: { name: 'operator', may } })
  const { code, err } = await command(...training, '--apply')
  expect(code, err).toBe(0)
  expect(err).toMatch(
    /^warn.*secret nebulift-token: .*operator may not get secrets.*stand already$/m,
  )
  expect(double.store.get('Job', 'default', 'night')).toBeDefined()
  expect(double.store.list('Secret')).toEqual([])
})
