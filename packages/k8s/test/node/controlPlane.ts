import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { openCluster } from '../../src/node/cluster.ts'
import { createAuthority } from './double/certificates.ts'
import { kubeconfigOf } from './double/double.ts'
import { until, write } from './setting.ts'

// A real etcd, kube-apiserver and kube-controller-manager, as tests/control-plane/build.sh makes them.

const version = '1.34.4'
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const program = join(cache, 'nebulift-tools', 'bin', `control-plane-${version}`)

export const hasControlPlane = existsSync(program)

export interface ControlPlane {
  /** Of an administrator, or of somebody without any rights. */
  kubeconfig(user?: 'admin' | 'viewer'): string
  close(): Promise<void>
}

/** Everything that is not about Jobs stays switched off. */
const controllers =
  'job-controller,garbage-collector-controller,ttl-after-finished-controller,resourcequota-controller,namespace-controller'

export async function startControlPlane(folder: string): Promise<ControlPlane> {
  const [etcd, peer, api] = await Promise.all([freePort(), freePort(), freePort()])
  const authority = createAuthority()
  const server = authority.issue('kube-apiserver', {
    addresses: ['127.0.0.1', 'localhost', '10.0.0.1'],
  })
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = (name: string, text: string) => write(folder, name, text)
  const key = file('accounts.key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const url = `https://127.0.0.1:${api}`
  const kubeconfig = (user = 'admin') =>
    kubeconfigOf(url, authority.certificate, { token: `${user}-token` })
  const processes: ChildProcess[] = []
  const log: string[] = []
  const start = (...args: string[]) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (bytes) => log.push(String(bytes)))
    processes.push(child)
  }
  const close = async () => {
    for (const child of processes.reverse()) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await gone
    }
  }
  start('etcd', join(folder, 'etcd'), `http://127.0.0.1:${etcd}`, `http://127.0.0.1:${peer}`)
  start(
    'apiserver',
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${api}`,
    `--tls-cert-file=${file('server.crt', server.certificate)}`,
    `--tls-private-key-file=${file('server.key', server.key)}`,
    `--token-auth-file=${file('tokens', 'admin-token,admin,1,system:masters\nviewer-token,viewer@pi,2\n')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://tests',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--endpoint-reconciler-type=none',
    '--disable-admission-plugins=ServiceAccount',
    `--cert-dir=${folder}`,
  )
  const config = file('admin', kubeconfig())
  const cluster = await openCluster({ kubeconfig: config })
  try {
    await until('the API server is ready', () => isReady(cluster))
  } catch (cause) {
    await close()
    throw new Error(log.join('').slice(-2000), { cause })
  } finally {
    cluster.close()
  }
  start(
    'controller-manager',
    `--kubeconfig=${config}`,
    `--controllers=${controllers}`,
    '--leader-elect=false',
    '--secure-port=0',
  )
  return { kubeconfig, close }
}

async function isReady({ connection }: Awaited<ReturnType<typeof openCluster>>): Promise<boolean> {
  try {
    const path = '/api/v1/namespaces/default'
    await connection.json({ path, what: 'ready' })
    return true
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
