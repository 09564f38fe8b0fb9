import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { apply } from '../../src/node/apply.ts'
import { type Cluster, core, listPath } from '../../src/node/cluster.ts'
import { follow } from '../../src/node/follow.ts'
import type { KubeObject } from '../../src/node/objects.ts'
import { createAuthority } from './double/certificates.ts'
import { prepare } from './double/environment.ts'
import { sendLog } from './double/logs.ts'
import { type ContainerProcess, type Exit, startProcess } from './double/processes.ts'
import { Store } from './double/store.ts'
import type { Container, PodObject } from './double/types.ts'

export interface NodeAgent {
  readonly name: string
  readonly pids: readonly number[]
  kill(pod: string): void
  close(): Promise<void>
}

/** A kubelet in small, for a real control plane: pods that are bound to its node are processes of this machine. */
export async function startNodeAgent(cluster: Cluster, folder: string): Promise<NodeAgent> {
  const stop = new AbortController()
  const processes = new Map<string, ContainerProcess>()
  const pods = new Map<string, PodObject>()
  const addresses = new Map<string, string>()
  const name = 'fake'

  const server = createServer(tls(), (request, response) => {
    const url = new URL(request.url ?? '', 'https://node')
    const [, , , pod = ''] = url.pathname.split('/')
    const found = [...pods.values()].find(({ metadata }) => metadata.name === pod)
    const log = processes.get(found?.metadata.uid ?? '')?.log
    if (found) sendLog({ query: url.searchParams, response } as never, found, log)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await register(cluster, name, (server.address() as AddressInfo).port)

  const pathOf = ({ metadata }: PodObject) =>
    `${listPath(core.pods, cluster.namespace)}/${metadata.name}`
  const addressOf = (hostname: string) => {
    const known = addresses.get(hostname) ?? `127.200.${process.pid & 255}.${addresses.size + 1}`
    addresses.set(hostname, known)
    return known
  }

  async function report(pod: PodObject, phase: string, state: object): Promise<void> {
    const [{ name, image }] = pod.spec.containers as [Container]
    const ready = phase === 'Running'
    const container = { name, image, imageID: '', ready, started: ready, restartCount: 0, state }
    const status = {
      phase,
      podIP: addressOf(pod.spec.hostname ?? ''),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [container],
    }
    await patchStatus(cluster, pathOf(pod), status)
  }

  async function run(pod: PodObject): Promise<void> {
    const here = { ...pod, status: { ...pod.status, podIP: addressOf(pod.spec.hostname ?? '') } }
    const around = { store: new Store(), folder, programs: {}, claims: {}, resolve: addressOf }
    const started = startProcess(prepare(here, pod.spec.containers[0] as Container, around))
    processes.set(pod.metadata.uid as string, started)
    const startedAt = new Date().toISOString().replace(/\.\d+/, '')
    await report(pod, 'Running', { running: { startedAt } })
    const exit: Exit = await started.exit
    if (stop.signal.aborted) return
    const terminated = {
      ...exit,
      startedAt,
      finishedAt: new Date().toISOString().replace(/\.\d+/, ''),
    }
    await report(pod, exit.exitCode === 0 ? 'Succeeded' : 'Failed', { terminated })
    if (pods.get(pod.metadata.uid as string)?.metadata.deletionTimestamp) await forget(pod)
  }

  /** The last word of a kubelet about a pod that was deleted. */
  async function forget(pod: PodObject): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 }
    await cluster.connection
      .json({ method: 'DELETE', path: pathOf(pod), body, what: 'forget' })
      .catch(() => {})
  }

  function onPod(pod: PodObject): void {
    const uid = pod.metadata.uid as string
    pods.set(uid, pod)
    const known = processes.get(uid)
    const { deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata
    if (deletionTimestamp && known) known.stop(deletionGracePeriodSeconds * 1000)
    if (deletionTimestamp && /^(Succeeded|Failed)$/.test(pod.status.phase)) void forget(pod)
    if (!deletionTimestamp && !known && pod.status.phase === 'Pending') run(pod).catch(() => {})
  }

  async function watch(): Promise<void> {
    const fieldSelector = `spec.nodeName=${name}`
    const query = { resource: core.pods, fieldSelector, signal: stop.signal, what: 'play a node' }
    for await (const change of follow<KubeObject & PodObject>(cluster, query)) {
      if (change.type === 'gone') continue
      for (const pod of change.type === 'listed' ? change.items : [change.item]) onPod(pod)
    }
  }
  const watching = watch().catch(() => {})

  return {
    name,
    get pids() {
      return [...processes.values()].flatMap(({ pid, log }) => (log.ended ? [] : (pid ?? [])))
    },
    kill: (wanted) => {
      const pod = [...pods.values()].find(({ metadata }) => metadata.name === wanted)
      processes.get(pod?.metadata.uid ?? '')?.kill()
    },
    close: async () => {
      stop.abort()
      for (const each of processes.values()) each.kill()
      await Promise.all([...processes.values()].map(({ exit }) => exit))
      await watching
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function tls() {
  const { certificate, key } = createAuthority().issue('node', { addresses: ['127.0.0.1'] })
  return { cert: certificate, key }
}

async function register(cluster: Cluster, name: string, port: number): Promise<void> {
  await apply(cluster, [{ apiVersion: 'v1', kind: 'Node', metadata: { name } }])
  await patchStatus(cluster, `/api/v1/nodes/${name}`, {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  })
}

async function patchStatus(cluster: Cluster, path: string, status: object): Promise<void> {
  const contentType = 'application/merge-patch+json'
  const what = 'report a status'
  await cluster.connection.json({
    method: 'PATCH',
    path: `${path}/status`,
    body: { status },
    contentType,
    what,
  })
}
