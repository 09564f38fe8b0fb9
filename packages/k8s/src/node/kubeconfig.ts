import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { K8sError } from '../errors.ts'
import type { Access, Credentials, Identity } from './access.ts'
import { execIdentity, fixedIdentity, readText, tokenFile } from './credentials.ts'
import { readYaml, type YamlMap, type YamlValue } from './yaml.ts'

/** Which cluster, as whom. */
export interface AccessOptions {
  /** A file; default: those of KUBECONFIG, `~/.kube/config`, or inside of a pod its service account. */
  readonly kubeconfig?: string
  /** Default: the current one. */
  readonly context?: string
  /** Default: the context's. */
  readonly namespace?: string
  /** Where a pod finds its service account; default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly accountFolder?: string
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** One entry of a kubeconfig, and the file it stands in. */
interface Entry {
  readonly file: string
  readonly fields: YamlMap
}

interface Merged {
  readonly files: readonly string[]
  readonly current?: string
  readonly contexts: ReadonlyMap<string, Entry>
  readonly clusters: ReadonlyMap<string, Entry>
  readonly users: ReadonlyMap<string, Entry>
}

/**
 * Finds a cluster the way kubectl does.
 * @throws K8sError `BAD_CONFIG` that names the file and what is wrong with it
 */
export async function findAccess(options: AccessOptions = {}): Promise<Access> {
  const env = options.env ?? process.env
  const files = kubeconfigFiles(options.kubeconfig, env)
  const access =
    files.length > 0 ? await fromFiles(files, options) : await fromPod(env, options.accountFolder)
  return options.namespace === undefined ? access : { ...access, namespace: options.namespace }
}

function kubeconfigFiles(
  given: string | undefined,
  env: NonNullable<AccessOptions['env']>,
): string[] {
  if (given !== undefined) return [given]
  if (env.KUBECONFIG) {
    const named = env.KUBECONFIG.split(delimiter).filter((file) => file !== '')
    const found = named.filter((file) => existsSync(file))
    if (found.length > 0) return found
    throw new K8sError('BAD_CONFIG', `KUBECONFIG: ${named.join(', ')} does not exist`)
  }
  const home = join(env.HOME ?? homedir(), '.kube', 'config')
  return existsSync(home) ? [home] : []
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Inside of a pod: its service account, whose token is renewed while it runs. */
async function fromPod(
  env: NonNullable<AccessOptions['env']>,
  folder = accountFolder,
): Promise<Access> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  if (!host) {
    const message =
      'no cluster is known: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod'
    throw new K8sError('BAD_CONFIG', message)
  }
  return {
    name: 'the cluster of this pod',
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    authority: await readText(join(folder, 'ca.crt')),
    insecure: false,
    namespace: (await readText(join(folder, 'namespace'))).trim(),
    credentials: tokenFile(join(folder, 'token')),
  }
}

async function fromFiles(files: readonly string[], options: AccessOptions): Promise<Access> {
  const merged = await merge(files)
  const where = files.join(', ')
  const name = options.context ?? merged.current
  if (!name)
    throw new K8sError('BAD_CONFIG', `${where}: no current-context, and no context was given`)
  const context = find(merged, 'contexts', name)
  const clusterName = text(context, 'cluster')
  if (!clusterName)
    throw new K8sError('BAD_CONFIG', `${context.file}: context ${name} names no cluster`)
  const cluster = find(merged, 'clusters', clusterName)
  const userName = text(context, 'user')
  const user = userName ? find(merged, 'users', userName) : undefined
  refuse(cluster, `cluster ${clusterName}`, ['proxy-url'])
  const authority = await pem(cluster, 'certificate-authority')
  const serverName = text(cluster, 'tls-server-name')
  return {
    name: `cluster ${clusterName} of ${cluster.file}`,
    server: serverOf(cluster, clusterName),
    ...(authority !== undefined && { authority }),
    ...(serverName !== undefined && { serverName }),
    insecure: cluster.fields['insecure-skip-tls-verify'] === true,
    namespace: text(context, 'namespace') ?? 'default',
    credentials: user ? await credentialsOf(user, userName as string, cluster) : fixedIdentity({}),
  }
}

/** Of several files the first to name something has it its way. */
async function merge(files: readonly string[]): Promise<Merged> {
  let current: string | undefined
  const kinds = { contexts: new Map(), clusters: new Map(), users: new Map() }
  for (const file of files) {
    const config = readYaml(await readText(file), file)
    if (config === null) continue
    if (!isMap(config) || (config.kind !== undefined && config.kind !== 'Config')) {
      throw new K8sError('BAD_CONFIG', `${file}: not a kubeconfig (kind: Config)`)
    }
    if (typeof config['current-context'] === 'string') current ||= config['current-context']
    for (const [kind, entries] of Object.entries(kinds)) {
      for (const [name, fields] of named(config[kind], kind, file)) {
        if (!entries.has(name)) entries.set(name, { file, fields })
      }
    }
  }
  return { files, ...(current && { current }), ...kinds }
}

/** The entries of `contexts`, `clusters` or `users`: `{name, context: {…}}` and so on. */
function named(list: YamlValue | undefined, kind: string, file: string): [string, YamlMap][] {
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw new K8sError('BAD_CONFIG', `${file}: ${kind} is not a list`)
  return list.map((entry) => {
    if (!isMap(entry) || typeof entry.name !== 'string') {
      throw new K8sError('BAD_CONFIG', `${file}: ${kind}: an entry without a name`)
    }
    const fields = entry[kind.slice(0, -1)]
    return [entry.name, isMap(fields) ? fields : {}]
  })
}

function find(merged: Merged, kind: 'contexts' | 'clusters' | 'users', name: string): Entry {
  const entry = merged[kind].get(name)
  if (entry) return entry
  const there = [...merged[kind].keys()].join(', ') || 'none'
  const message = `${merged.files.join(', ')}: no ${kind.slice(0, -1)} ${name}; there are: ${there}`
  throw new K8sError('BAD_CONFIG', message)
}

function serverOf(cluster: Entry, name: string): URL {
  const server = text(cluster, 'server')
  const url = URL.parse(server ?? '')
  if (url && /^https?:$/.test(url.protocol)) return url
  throw new K8sError(
    'BAD_CONFIG',
    `${cluster.file}: cluster ${name}: server: got ${server}, wanted https://…`,
  )
}

async function credentialsOf(user: Entry, name: string, cluster: Entry): Promise<Credentials> {
  refuse(user, `user ${name}`, [
    'auth-provider',
    'username',
    'password',
    'as',
    'as-uid',
    'as-groups',
  ])
  const certificate = await pem(user, 'client-certificate')
  const key = await pem(user, 'client-key')
  if ((certificate === undefined) !== (key === undefined)) {
    throw new K8sError(
      'BAD_CONFIG',
      `${user.file}: user ${name}: a client certificate and its key go together`,
    )
  }
  const own: Identity = certificate !== undefined && key !== undefined ? { certificate, key } : {}
  // As client-go does, a file of a token goes before the token itself, and both before a program.
  const path = text(user, 'tokenFile')
  if (path !== undefined) return tokenFile(resolve(dirname(user.file), path), own)
  const token = text(user, 'token')
  if (token !== undefined) return fixedIdentity({ ...own, token })
  const { exec } = user.fields
  if (isMap(exec)) return execIdentity(await pluginOf(exec, user, cluster))
  return fixedIdentity(own)
}

async function pluginOf(exec: YamlMap, user: Entry, cluster: Entry) {
  const { command, apiVersion, installHint } = exec
  const known = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']
  if (
    typeof command !== 'string' ||
    typeof apiVersion !== 'string' ||
    !known.includes(apiVersion)
  ) {
    const message = `${user.file}: exec: wanted a command and apiVersion ${known.join(' or ')}, got ${command}, ${apiVersion}`
    throw new K8sError('BAD_CONFIG', message)
  }
  const args = Array.isArray(exec.args) ? exec.args.map(String) : []
  const pairs = (Array.isArray(exec.env) ? exec.env : []).filter(isMap)
  const env = Object.fromEntries(
    pairs.map(({ name, value }) => [String(name), String(value ?? '')]),
  )
  const authority =
    exec.provideClusterInfo === true ? await pem(cluster, 'certificate-authority') : undefined
  const about = exec.provideClusterInfo === true && {
    cluster: {
      server: text(cluster, 'server'),
      ...(authority !== undefined && {
        'certificate-authority-data': Buffer.from(authority).toString('base64'),
      }),
    },
  }
  const hint = typeof installHint === 'string' ? { installHint } : {}
  return { command, args, env, apiVersion, file: user.file, ...hint, ...about }
}

/** A PEM text: `<field>-data` in base64, or a file beside the kubeconfig. */
async function pem(entry: Entry, field: string): Promise<string | undefined> {
  const data = text(entry, `${field}-data`)
  if (data === undefined) {
    const path = text(entry, field)
    return path === undefined ? undefined : readText(resolve(dirname(entry.file), path))
  }
  const decoded = Buffer.from(data, 'base64').toString('utf8')
  if (decoded.includes('-----BEGIN ')) return decoded
  throw new K8sError('BAD_CONFIG', `${entry.file}: ${field}-data is not a PEM text in base64`)
}

function text({ fields, file }: Entry, field: string): string | undefined {
  const value = fields[field]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  throw new K8sError('BAD_CONFIG', `${file}: ${field} is not a text`)
}

/** Nothing that would change who calls, or how, is passed over in silence. */
function refuse({ fields, file }: Entry, what: string, unsupported: readonly string[]): void {
  const found = unsupported.find((field) => fields[field] !== undefined && fields[field] !== '')
  if (found) throw new K8sError('BAD_CONFIG', `${file}: ${what}: ${found} is not supported`)
}

function isMap(value: YamlValue | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
