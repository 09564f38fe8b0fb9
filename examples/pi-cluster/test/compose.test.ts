import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { clusterJob } from './manifests.ts'

interface Service {
  readonly [key: string]: unknown
  readonly image: string
  readonly command: string
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes: readonly string[]
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const text = readFileSync(new URL('../compose.yaml', import.meta.url), 'utf8')

/** As Compose fills variables in where none is set. */
const filled = text.replace(/\$\{\w+:-([^}]*)\}/g, '$1')
const { services, volumes, secrets } = parse(filled, { merge: true }) as Compose
const all = Object.entries(services)
const ranks = all.filter(([name]) => name.startsWith('trainer-'))
const { job, pod, container } = clusterJob()

describe.each(all)('%s', (_, service) => {
  it('is as restricted as in a cluster', () => {
    const { runAsUser, runAsGroup } = pod.securityContext
    expect(service).toMatchObject({
      user: `${runAsUser}:${runAsGroup}`,
      read_only: true,
      tmpfs: '/tmp',
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
    expect(service).not.toHaveProperty('privileged')
    expect(service).not.toHaveProperty('network_mode')
  })

  it('has the memory of a cluster, and limits of processors and processes', () => {
    const memory = container.resources.limits.memory.replace(/Gi$/, 'g')
    expect(service).toMatchObject({ mem_limit: memory, memswap_limit: memory, cpus: 1 })
    expect(service.pids_limit).toBeGreaterThan(0)
  })

  it('names a version of its image', () => {
    expect(service.image).toMatch(/^nebulift:(?!latest)[\w.-]+$/)
  })

  it('uses volumes that are declared', () => {
    const used = service.volumes.map((volume) => volume.split(':')[0]!)
    expect(used.filter((name) => !(name in volumes))).toEqual([])
  })

  it('gives only options that the command knows', () => {
    const [program, ...words] = service.command.split(/\s+/)
    const verbs = words.slice(
      0,
      words.findIndex((word) => /^[/-]/.test(word)),
    )
    const help = helpOf(verbs)
    const given = words.filter((word) => word.startsWith('--'))
    expect(program).toBe(container.command[0])
    expect(given.length).toBeGreaterThan(2)
    expect(given.filter((option) => !new RegExp(`^ +(-\\w, )?${option} `, 'm').test(help))).toEqual(
      [],
    )
  })
})

function helpOf(verbs: readonly string[]): string {
  const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
  const node = ['--conditions=@nebulift/source', main, ...verbs, '--help']
  return execFileSync(process.execPath, node, { encoding: 'utf8' })
}

describe('ranks', () => {
  it('are numbered from 0, as many as the world has, and meet at rank 0', () => {
    expect(ranks.map(([name]) => name)).toEqual(ranks.map((_, rank) => `trainer-${rank}`))
    expect(ranks.length).toBeGreaterThan(1)
    for (const [rank, [, { environment }]] of ranks.entries())
      expect(environment).toMatchObject({
        RANK: String(rank),
        WORLD_SIZE: ranks.length,
        MASTER_ADDR: 'trainer-0',
      })
  })

  it('read what ranks in a cluster read', () => {
    const known = new Map(container.env.map(({ name, value }) => [name, value]))
    for (const [, { environment = {} }] of ranks) {
      const others = Object.keys(environment).filter((name) => !known.has(name))
      expect(others).toEqual(['RANK'])
      expect(environment.MASTER_PORT).toBe(known.get('MASTER_PORT'))
    }
  })

  it('show the ports of a cluster to each other, and only figures to this machine', () => {
    const port = (name: string) => container.ports.find((one) => one.name === name)!.containerPort
    const inside = [port('rendezvous'), port('ring')].map(String)
    for (const [rank, [, { expose, ports }]] of ranks.entries()) {
      expect(expose).toEqual(inside)
      expect(ports).toEqual([`127.0.0.1:${port('metrics') + rank}:${port('metrics')}`])
    }
  })

  it('are started again as often, and given as long to stop, as in a cluster', () => {
    for (const [, service] of ranks)
      expect(service).toMatchObject({
        restart: `on-failure:${job.backoffLimit}`,
        stop_grace_period: `${pod.terminationGracePeriodSeconds}s`,
      })
  })

  it('may read the data and write checkpoints', () => {
    for (const [, { volumes: mounted }] of ranks)
      expect(mounted).toEqual(['data:/data:ro', 'ckpt:/ckpt'])
  })

  it('have their token from a file that is not in the repository', () => {
    for (const [, service] of ranks) {
      expect(service.secrets).toEqual(['token'])
      expect(service.environment?.NEBULIFT_TOKEN_FILE).toBe('/run/secrets/token')
    }
    expect(secrets).toEqual({ token: { file: './token' } })
    expect(text).not.toMatch(/\b[0-9a-f]{32,}\b/)
  })
})
