import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type Authority, createAuthority } from './certificates.ts'
import type { Programs } from './environment.ts'
import { collectGarbage } from './garbage.ts'
import { JobController } from './jobs.ts'
import { Kubelet } from './kubelet.ts'
import { type Faults, handler, type User } from './server.ts'
import { Store } from './store.ts'
import type { PodObject } from './types.ts'

export interface DoubleOptions {
  /** By token; default one of `admin` who may do everything. */
  readonly users?: Readonly<Record<string, User>>
  /** Before a failed pod is replaced; default 20. */
  readonly backoffMs?: number
  readonly bookmarkMs?: number
  readonly programs?: Programs
  /** Folders of this machine by the claims that stand for them. */
  readonly claims?: Readonly<Record<string, string>>
  readonly missingImages?: readonly string[]
  readonly nodes?: readonly { readonly name: string; readonly labels?: Record<string, string> }[]
}

/** An API server with a Job controller, whose pods are processes of this machine. */
export interface ClusterDouble {
  readonly url: string
  readonly store: Store
  readonly authority: Authority
  readonly faults: Faults
  /** The pods of a job as they are now. */
  pods(job: string): PodObject[]
  pidOf(pod: PodObject): number | undefined
  readonly pids: readonly number[]
  /** A pod's process, as if by the machine it ran on. */
  kill(pod: PodObject, signal?: NodeJS.Signals): void
  /** As draining a node does it. */
  evict(pod: PodObject): void
  /** Cuts all connections. */
  cut(): void
  /** A kubeconfig for a token. */
  kubeconfig(token?: string): string
  /** Ends the server and all processes. */
  close(): Promise<void>
}

const defaultNode = {
  name: 'node-0',
  labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
}

export const adminToken = 'admin-token'

export async function startDouble(options: DoubleOptions = {}): Promise<ClusterDouble> {
  const { users = { [adminToken]: { name: 'admin' } }, nodes = [defaultNode] } = options
  const store = new Store()
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-double-'))
  const kubelet = new Kubelet(store, {
    folder,
    programs: options.programs ?? {},
    claims: options.claims ?? {},
    missingImages: options.missingImages ?? [],
  })
  const controller = new JobController(store, { backoffMs: options.backoffMs ?? 20 })
  const stopGarbage = collectGarbage(store)
  for (const { name, labels = {} } of nodes) {
    store.create({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels } })
  }
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })

  const authority = createAuthority()
  const own = authority.issue('double', { addresses: ['127.0.0.1', 'localhost'] })
  const faults: Faults = { refuseNext: 0, status: 503, requests: [] }
  const tls = {
    cert: own.certificate,
    key: own.key,
    ca: authority.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  }
  const handle = handler({ store, kubelet, users, faults, bookmarkMs: options.bookmarkMs ?? 500 })
  const server = createServer(tls, handle)
  const sockets = socketsOf(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }

  return {
    url,
    store,
    authority,
    faults,
    pods: (job) =>
      store
        .list<PodObject>('Pod')
        .filter(({ metadata: { labels } }) => labels?.['job-name'] === job),
    pidOf: (pod) => kubelet.process(pod)?.pid,
    get pids() {
      return kubelet.pids
    },
    kill: (pod, signal) => kubelet.process(pod)?.kill(signal),
    evict: (pod) => {
      store.update(pod, ({ status }) => {
        const disrupted = {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'EvictionByEvictionAPI',
        }
        status.conditions = [...(status.conditions ?? []), disrupted]
      })
      store.remove(pod, pod.spec.terminationGracePeriodSeconds ?? 30)
    },
    cut,
    kubeconfig: (token = adminToken) => kubeconfigOf(url, authority.certificate, { token }),
    close: async () => {
      controller.close()
      stopGarbage()
      await kubelet.close()
      cut()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function socketsOf(server: Server): Set<Duplex> {
  const sockets = new Set<Duplex>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

/** As kubectl writes one. */
export function kubeconfigOf(
  url: string,
  authority: string,
  user: Readonly<Record<string, string>>,
): string {
  const lines = [
    'apiVersion: v1',
    'kind: Config',
    'clusters:',
    '- cluster:',
    `    certificate-authority-data: ${Buffer.from(authority).toString('base64')}`,
    `    server: ${url}`,
    '  name: double',
    'contexts:',
    '- context:',
    '    cluster: double',
    '    user: tester',
    '  name: double',
    'current-context: double',
    'preferences: {}',
    'users:',
    '- name: tester',
    '  user:',
    ...Object.entries(user).map(([key, value]) => `    ${key}: ${value}`),
  ]
  return `${lines.join('\n')}\n`
}
