import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseDockerfile } from './dockerfile.ts'

// Needs a Docker engine with BuildKit that has Node's image or can pull it; `base.sh` makes one of Debian's packages.
// NEBULIFT_BUILD_OPTIONS are more options of `docker build`, such as `--network host`.
const { NEBULIFT_BUILD_OPTIONS = '' } = process.env
const top = fileURLToPath(new URL('../../..', import.meta.url))
const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
const nodeImage = parseDockerfile(dockerfile).args.get('NODE_IMAGE')!
const image = `nebulift:test-${process.pid}`

async function docker(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' }
  const { stdout } = await promisify(execFile)('docker', args, { cwd: top, env })
  return stdout.trim()
}

const restricted = [
  ...['--network', 'none', '--read-only', '--tmpfs', '/tmp', '--user', '10001', '--memory', '1g'],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
]
const inside = (...command: readonly string[]) =>
  docker('run', '--rm', ...restricted, image, ...command)

/** What must be there for an image to be built, each tried by a command. */
const needs: readonly (readonly [what: string, tried: () => Promise<string>])[] = [
  ['no Docker engine answers', () => docker('version')],
  ['Docker has no BuildKit', () => docker('build', '--help')],
  [
    `${nodeImage} cannot be had`,
    () => docker('image', 'inspect', nodeImage).catch(() => docker('pull', nodeImage)),
  ],
]

async function whatIsMissing(): Promise<string | undefined> {
  for (const [what, tried] of needs) {
    const error = await tried().then(
      () => undefined,
      ({ message }: Error) => message.trim().split('\n').at(-1),
    )
    if (error !== undefined) return `${what}: ${error}`
  }
  return undefined
}

const missing = await whatIsMissing()

beforeAll(async () => {
  if (missing) return
  const options = NEBULIFT_BUILD_OPTIONS.split(' ').filter((option) => option !== '')
  await docker('build', ...options, '-f', 'examples/pi-cluster/Dockerfile', '-t', image, '.')
}, 900_000)

afterAll(async () => {
  if (!missing) await docker('image', 'rm', '--force', image)
})

it('tells its version, with nothing allowed that can be forbidden', async (context) => {
  context.skip(missing !== undefined, missing)
  expect(await inside('nebulift', '--version')).toMatch(/^\d+\.\d+\.\d+$/)
})

it('holds ONNX Runtime for one kind of machine, and no npm', async (context) => {
  context.skip(missing !== undefined, missing)
  const kinds = 'ls -d /app/node_modules/onnxruntime-node/bin/napi-*/*/*'
  expect((await inside('sh', '-c', kinds)).split('\n')).toHaveLength(1)
  expect(await inside('sh', '-c', 'command -v npm npx yarn || echo none')).toBe('none')
})

it('simulates a night and sorts it, by worker threads and the classifier it brings', async (context) => {
  context.skip(missing !== undefined, missing)
  const script = `cd /tmp && nebulift simulate night --frames 3 --seed 7 --size 480x360 &&
    nebulift batch night sorted --jobs 2 && cat sorted/manifest.json`
  const printed = await inside('sh', '-ec', script)
  expect(JSON.parse(printed.slice(printed.indexOf('{\n'))).frames).toHaveLength(3)
})

it('is its own first process and ends when told to', async (context) => {
  context.skip(missing !== undefined, missing)
  const long = ['nebulift', 'simulate', '/tmp/night', '--frames', '500', '--size', '2048x2048']
  const id = await docker('run', '--detach', ...restricted, image, ...long)
  try {
    await expect.poll(() => docker('top', id), { timeout: 30_000 }).toMatch(/tini -- node/)
    await docker('stop', '--time', '60', id)
    // By itself, or by the signal where that comes before Node listens to it; 137 would be Docker losing patience.
    const code = await docker('inspect', '--format', '{{.State.ExitCode}}', id)
    expect(['130', '143']).toContain(code)
  } finally {
    await docker('rm', '--force', id)
  }
})
