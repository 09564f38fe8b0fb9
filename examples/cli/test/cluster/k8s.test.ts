import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nebulift, temporaryFolder } from '../helpers.ts'

/** Arguments of the pods in manifests, as they stand in the YAML. */
function argsIn(yaml: string): string[] {
  const lines = yaml.split('\n')
  const start = lines.findIndex((line) => /^ +args:$/.test(line))
  const indent = lines[start]!.search(/\S/)
  const items = lines.slice(start + 1)
  const end = items.findIndex((line) => line.search(/\S/) <= indent && !/^ +- /.test(line))
  return items.slice(0, end).map((line) => line.replace(/^ +- /, '').replaceAll('"', ''))
}

async function flagsOf(command: string): Promise<Set<string>> {
  const { out } = await nebulift([command, '--help'])
  return new Set([...out.matchAll(/--[a-z][\w-]*/g)].map(([flag]) => flag))
}

describe('k8s-train', () => {
  const data = 'nfs://10.0.0.2/astro/set'

  it('prints manifests unless told otherwise, whose pods say only what worker knows', async () => {
    const options = ['--workers', '4', '--profile', 'rpi5', '--wire', 'bf16', '--monitoring']
    const more = ['--checkpoints', 'nfs://10.0.0.2/astro/models']
    const { code, out, err } = await nebulift(['k8s-train', data, ...options, ...more])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('kind: Job')
    expect(out).toMatch(/server: 10\.0\.0\.2\n +path: \/astro\/set/)
    expect(out).toMatch(/completions: 4\n +parallelism: 4/)
    expect(out).toContain('kubernetes.io/arch: arm64')
    expect(out).toContain('kind: PodMonitor')
    const args = argsIn(out)
    expect(args.slice(0, 2)).toEqual(['worker', '/data'])
    expect(args).toEqual(expect.arrayContaining(['--wire', 'bf16', '--stop-code', '75']))
    const known = await flagsOf('worker')
    expect(args.filter((word) => word.startsWith('--') && !known.has(word))).toEqual([])
  })

  it('makes the data set of frames beside the checkpoints', async () => {
    const more = ['--from-fits', '--labels', 'sorted/manifest.json', '--checkpoints', 'claim:out/a']
    const { out } = await nebulift(['k8s-train', 'claim:astro/night', ...more])
    const args = argsIn(out)
    expect(args.slice(0, 2)).toEqual(['worker', '/ckpt/a/set'])
    const wanted = ['/data/night', '/data/sorted/manifest.json', '/ckpt/a/model.onnx']
    expect(args).toEqual(expect.arrayContaining(wanted))
    expect(out).toContain('claimName: astro')
  })

  it.each([
    [['somewhere'], /wanted nfs:\/\/server\/path or claim:name/],
    [['claim:x/../y'], /claim:x\/\.\.\/y/],
    [[data, '--name', 'Big'], /name: got "Big"/],
    [[data, '--cpu', 'many'], /cpu.*many/],
    [[data, '--workers', '2', '--min-workers', '3'], /minWorkers.*3/],
    [[data, '--labels', 'x.json'], /--from-fits/],
    [[data, '--target', 'jobset', '--watch'], /--watch/],
    [[data, '--dry-run', '--apply'], /'--dry-run' cannot be used with option '--apply'/],
    [[data, '--dry-run', '--watch'], /'--dry-run' cannot be used with option '--watch'/],
    [['10.0.0.2:/astro/set'], /Hint: write nfs:\/\/10\.0\.0\.2\/astro\/set$/m],
    [[data, '--workers', '3'], /--batch 32 cannot be cut into 3 equal passes\n.*--batch 33/],
    [[data, '--workers', '4', '--passes', '2', '--dry-run'], /--passes 2: 4 .* need a pass each/],
  ])('%j: one line, exit code 2', async (argv, line) => {
    const { code, out, err } = await nebulift(['k8s-train', ...argv])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(line)
    expect(err.match(/error:/g)).toHaveLength(1)
  })
})

describe('the claim of checkpoints', () => {
  const warning = /^warn.*ReadWriteMany.*--checkpoints nfs:\/\/… or --storage-class\n$/
  const err = async (...more: string[]) =>
    (await nebulift(['k8s-train', 'nfs://10.0.0.2/astro/set', ...more])).err

  it('is warned of on k3s, whose own class has no volume for several machines', async () => {
    expect(await err('--profile', 'rpi5')).toMatch(warning)
    expect(await err('--profile', 'rpi5', '--storage-class', 'longhorn')).toBe('')
    expect(await err('--profile', 'rpi5', '--checkpoints', 'claim:out')).toBe('')
    expect(await err()).toBe('')
  })
})

describe('k8s-batch', () => {
  it.each(['--apply', '--watch'])('either prints or sends: not --dry-run %s', async (send) => {
    const { code, out } = await nebulift(['k8s-batch', 'claim:in', 'claim:out', '--dry-run', send])
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  it('prints a job of shards, whose pods say only what batch knows', async () => {
    const { code, out } = await nebulift(['k8s-batch', 'claim:in', 'claim:out', '--shards', '5'])
    expect(code).toBe(0)
    expect(out).toContain('completions: 5')
    expect(out).toContain('backoffLimitPerIndex: 3')
    const known = await flagsOf('batch')
    expect(argsIn(out).filter((word) => word.startsWith('--') && !known.has(word))).toEqual([])
    const merge = await nebulift(['k8s-batch', 'claim:in', 'claim:out', '--shards', '5', '--merge'])
    expect(argsIn(merge.out)).toContain('--merge')
    expect(merge.out).toContain('name: nebulift-batch-merge')
  })
})

describe('k8s', () => {
  it('writes the chart, into an empty folder only', async () => {
    const folder = join(temporaryFolder(), 'chart')
    const written = await nebulift(['k8s', 'chart', folder])
    expect(written.code).toBe(0)
    const set = [...written.out.matchAll(/--set (\w+)\.(\w+)=/g)].map(([, part, key]) => [
      part,
      key,
    ])
    expect(set).toEqual([
      ['training', 'enabled'],
      ['training', 'image'],
    ])
    const values = readFileSync(join(folder, 'values.yaml'), 'utf8')
    for (const [part, key] of set)
      expect(values).toMatch(new RegExp(`^${part}:\\n(?: .*\\n)*?  ${key}:`, 'm'))
    expect(readFileSync(join(folder, 'Chart.yaml'), 'utf8')).toContain('name: nebulift')
    expect(existsSync(join(folder, 'values.schema.json'))).toBe(true)
    expect(await nebulift(['k8s', 'chart', folder])).toMatchObject({ code: 2 })
  })

  it.each(['namespace', 'dashboard'])('prints the %s', async (what) => {
    const { code, out } = await nebulift(['k8s', 'manifests', what])
    expect(code).toBe(0)
    expect(out).toMatch(/^apiVersion: v1$/m)
  })

  it.each(['0', 'abc', '1025'])('scale to %s workers: one line, exit code 2', async (workers) => {
    const { code, out, err } = await nebulift(['k8s', 'scale', 'x', workers])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^error: .*'workers'.*whole number from 1 to 1024/)
  })

  it('says what it cannot reach, and that trying again may help', async () => {
    const folder = temporaryFolder()
    const config = join(folder, 'config')
    const { code, err } = await nebulift(['k8s', 'status', 'x', '--kubeconfig', config])
    expect(code).toBe(42)
    expect(err).toMatch(new RegExp(`error: .*${config}`))
  })
})
