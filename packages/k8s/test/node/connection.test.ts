import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { apply } from '../../src/node/apply.ts'
import { openCluster } from '../../src/node/cluster.ts'
import { jobStatus } from '../../src/node/jobView.ts'
import { exitCodeOf } from '../../src/node/refusal.ts'
import { adminToken, kubeconfigOf } from './double/double.ts'
import { client, double, scratch, trainingJob, write } from './setting.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const namespaceObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'astro' } }

async function refusalOf(asked: Promise<unknown>) {
  const error = await asked.then(
    () => undefined,
    (reason) => reason,
  )
  return { code: error?.code, message: error?.message, exit: exitCodeOf(error) }
}

describe('who calls', () => {
  it('may be said by a client certificate', async () => {
    const there = await double({ users: {} })
    const { certificate, key } = there.authority.issue('someone')
    const user = { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) }
    const cluster = await client(kubeconfigOf(there.url, there.authority.certificate, user))
    expect(await apply(cluster, [namespaceObject])).toMatchObject([{ created: true }])
  })

  it('has no rights: the line names verb, resource, namespace and user', async () => {
    const may = (verb: string, resource: string) => verb !== 'patch' && resource !== 'jobs'
    const there = await double({ users: { viewer: { name: 'viewer@pi', may } } })
    const cluster = await client(there.kubeconfig('viewer'))
    const job = trainingJob('nb', { ranks: 1, plan: '' })
    expect(await refusalOf(apply(cluster, [job]))).toEqual({
      code: 'FORBIDDEN',
      message: 'apply Job nb: user viewer@pi may not patch jobs.batch in namespace default (403)',
      exit: 42,
    })
    expect(await refusalOf(apply(cluster, [namespaceObject]))).toMatchObject({
      message:
        'apply Namespace astro: user viewer@pi may not patch namespaces at the level of the cluster (403)',
    })
    expect(await refusalOf(jobStatus(cluster, 'nb'))).toMatchObject({
      message:
        'status of job nb: user viewer@pi may not list jobs.batch in namespace default (403)',
    })
  })

  it('is not known', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig('old-token'))
    expect(await refusalOf(apply(cluster, [namespaceObject]))).toEqual({
      code: 'UNAUTHORIZED',
      message: 'look for v1: the credentials are missing, wrong or out of date (401)',
      exit: 42,
    })
    expect(there.faults.requests.length).toBe(1)
  })

  it('has a program that hands out a new token when the old one is refused', async () => {
    const there = await double()
    const folder = scratch()
    const script = `if [ -e "${folder}/again" ]; then T=${adminToken}; else T=old; fi; touch "${folder}/again"; echo "{\\"kind\\": \\"ExecCredential\\", \\"apiVersion\\": \\"client.authentication.k8s.io/v1\\", \\"status\\": {\\"token\\": \\"$T\\"}}"`
    const exec = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: [write(folder, 'plugin', script)],
    })
    const cluster = await client(kubeconfigOf(there.url, there.authority.certificate, { exec }))
    expect(await apply(cluster, [namespaceObject])).toMatchObject([{ created: true }])
  })
})

describe('connections', () => {
  it('are only made to servers whose certificate is trusted', async () => {
    const there = await double()
    const stranger = kubeconfigOf(there.url, (await double()).authority.certificate, {
      token: adminToken,
    })
    expect(await refusalOf(apply(await client(stranger), [namespaceObject]))).toEqual({
      code: 'TLS',
      message: expect.stringMatching(
        /^look for v1: https:\/\/127\.0\.0\.1:\d+ \(cluster double of \S+\): no trusted connection: .+ \([A-Z_]+\)$/,
      ),
      exit: 42,
    })
    const insecure = stranger.replace(
      /certificate-authority-data: .*/,
      'insecure-skip-tls-verify: true',
    )
    expect(await apply(await client(insecure), [namespaceObject])).toMatchObject([
      { created: true },
    ])
  })

  it('are only made to servers of the right name', async () => {
    const there = await double()
    const named = there
      .kubeconfig()
      .replace('    server:', '    tls-server-name: other.example\n    server:')
    expect(await refusalOf(apply(await client(named), [namespaceObject]))).toMatchObject({
      code: 'TLS',
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    })
    const right = named.replace('other.example', 'localhost')
    expect(await apply(await client(right), [namespaceObject])).toMatchObject([{ created: true }])
  })

  it('to nobody fail at once, and are worth another try', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig())
    await there.close()
    expect(await refusalOf(apply(cluster, [namespaceObject]))).toEqual({
      code: 'UNREACHABLE',
      message: expect.stringMatching(
        /^look for v1: https:\/\/127\.0\.0\.1:\d+ \(.*\) cannot be reached: connect ECONNREFUSED/,
      ),
      exit: 75,
    })
    const nameless = there
      .kubeconfig()
      .replace(/server: .*/, 'server: https://no-such-host.invalid')
    expect(await refusalOf(apply(await client(nameless), [namespaceObject]))).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('no-such-host.invalid'),
    })
  })

  it('that are never answered run out of time', async () => {
    const sockets = new Set<{ destroy(): void }>()
    const silent = createTcpServer((socket) => void sockets.add(socket.on('error', () => {})))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      silent.close()
    })
    const { port } = silent.address() as AddressInfo
    const there = await double()
    const config = there.kubeconfig().replace(there.url, `https://127.0.0.1:${port}`)
    expect(
      await refusalOf(apply(await client(config, { timeoutMs: 100 }), [namespaceObject])),
    ).toEqual({
      code: 'TIMEOUT',
      message: expect.stringContaining('gave no answer within 0.1 s'),
      exit: 75,
    })
    const stop = new AbortController()
    const asked = apply(await client(config), [namespaceObject], { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(asked).rejects.toThrow('enough')
  })

  it('to a busy server are tried again, as late as it asks for', async () => {
    const there = await double()
    const cluster = await client(there.kubeconfig(), { backoffMs: 1 })
    Object.assign(there.faults, { refuseNext: 3, status: 429, retryAfter: '0' })
    expect(await apply(cluster, [namespaceObject])).toMatchObject([{ created: true }])
    Object.assign(there.faults, { refuseNext: 100, status: 503 })
    const asked = there.faults.requests.length
    expect(await refusalOf(apply(cluster, [namespaceObject]))).toEqual({
      code: 'UNAVAILABLE',
      message: 'apply Namespace astro: the server is currently unable to handle the request',
      exit: 75,
    })
    expect(there.faults.requests.length - asked).toBe(5)
  })

  it('to something else are told from an API server', async () => {
    const server = createServer((_, response) => response.end('<html>'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const there = await double()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const cluster = await client(there.kubeconfig().replace(there.url, url))
    expect((await refusalOf(apply(cluster, [namespaceObject]))).message).toBe(
      'look for v1: the answer is not JSON: is this a Kubernetes API server?',
    )
  })

  it('of a bad kubeconfig are never made', async () => {
    const kubeconfig = write(scratch(), 'config', 'nonsense')
    await expect(openCluster({ kubeconfig })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })
})
