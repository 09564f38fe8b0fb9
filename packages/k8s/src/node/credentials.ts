import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { K8sError } from '../errors.ts'
import type { Credentials, Identity } from './access.ts'

/** The same for ever. */
export function fixedIdentity(identity: Identity): Credentials {
  return { identity: async () => identity, refused: () => false }
}

/** A token that somebody else renews, such as that of a service account: read anew for every call. */
export function tokenFile(path: string, rest: Identity = {}): Credentials {
  return {
    identity: async () => ({ ...rest, token: (await readText(path)).trim() }),
    refused: () => false,
  }
}

/** @throws K8sError `BAD_CONFIG` that names the file */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new K8sError('BAD_CONFIG', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** A program that hands out credentials, as kubeconfigs name one. */
export interface ExecPlugin {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly apiVersion: string
  /** Of the cluster, where the program wants to know it. */
  readonly cluster?: Readonly<Record<string, unknown>>
  /** The kubeconfig: programs given by a relative path are looked for beside it. */
  readonly file: string
  readonly installHint?: string
}

const renewBeforeMs = 10_000
const pluginTimeoutMs = 60_000

/** Credentials of a program (ExecCredential v1 or v1beta1), kept until shortly before they expire. */
export function execIdentity(plugin: ExecPlugin): Credentials {
  let kept: { identity: Identity; until: number } | undefined
  return {
    identity: async (signal) => {
      if (kept && Date.now() < kept.until) return kept.identity
      kept = await runPlugin(plugin, signal)
      return kept.identity
    },
    refused: () => {
      kept = undefined
      return true
    },
  }
}

async function runPlugin(plugin: ExecPlugin, signal: AbortSignal | undefined) {
  const { command, apiVersion } = plugin
  const spec = { interactive: false, ...(plugin.cluster && { cluster: plugin.cluster }) }
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec })
  // As a shell does: names without a slash are looked for on PATH.
  const path = command.includes('/') ? resolve(dirname(plugin.file), command) : command
  const env = { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: info }
  const output = await new Promise<string>((done, fail) => {
    const options = {
      env,
      timeout: pluginTimeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 20,
      signal,
    } as const
    execFile(path, plugin.args, options, (error, stdout, stderr) => {
      if (!error) return done(stdout)
      if (signal?.aborted) return fail(signal.reason)
      const missing = error.code === 'ENOENT'
      const why = missing ? plugin.installHint : stderr.trim()
      const told = [missing ? 'not found' : error.message.split('\n')[0], why].filter(Boolean)
      const message = `credentials from ${command}: ${told.join(': ')}`.replace(/\s*\n\s*/g, ' ')
      fail(new K8sError('UNAUTHORIZED', message, { cause: error }))
    })
  })
  return readExecCredential(output, plugin)
}

interface ExecCredential {
  readonly kind?: string
  readonly apiVersion?: string
  readonly status?: {
    readonly token?: string
    readonly clientCertificateData?: string
    readonly clientKeyData?: string
    readonly expirationTimestamp?: string
  }
}

function readExecCredential(output: string, { command, apiVersion }: ExecPlugin) {
  const bad = (what: string) => new K8sError('UNAUTHORIZED', `credentials from ${command}: ${what}`)
  let credential: ExecCredential
  try {
    credential = JSON.parse(output)
  } catch {
    throw bad('the answer is not JSON')
  }
  if (credential?.kind !== 'ExecCredential' || credential.apiVersion !== apiVersion) {
    throw bad(
      `got ${credential?.kind} of ${credential?.apiVersion}, wanted ExecCredential of ${apiVersion}`,
    )
  }
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } =
    credential.status ?? {}
  if (!token && !(clientCertificateData && clientKeyData)) {
    throw bad('neither a token nor a certificate with its key')
  }
  const until = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY
  if (Number.isNaN(until)) throw bad(`expirationTimestamp: ${expirationTimestamp} is not a time`)
  const identity: Identity = {
    ...(token && { token }),
    ...(clientCertificateData &&
      clientKeyData && { certificate: clientCertificateData, key: clientKeyData }),
  }
  return { identity, until: until - renewBeforeMs }
}
