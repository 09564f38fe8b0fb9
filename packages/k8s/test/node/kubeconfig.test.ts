import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findAccess } from '../../src/node/kubeconfig.ts'
import { createAuthority } from './double/certificates.ts'
import { scratch, write } from './setting.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function config(
  name: string,
  extra: { cluster?: string; user?: string; current?: boolean } = {},
): string {
  const { cluster = '', user = `token: token-of-${name}`, current = true } = extra
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: https://${name}.example:6443
    ${cluster}
contexts:
- name: ${name}
  context: {cluster: ${name}, user: ${name}, namespace: ns-${name}}
${current ? `current-context: ${name}` : ''}
users:
- name: ${name}
  user:
    ${user}
`
}

describe('kubeconfigs', () => {
  it('several are merged: the first to name something has it its way', async () => {
    const folder = scratch()
    const first = write(folder, 'first', config('one'))
    const second = write(folder, 'second', config('two') + config('one').replace(/^[\s\S]*/, ''))
    const env = { KUBECONFIG: `${first}:${join(folder, 'missing')}:${second}` }
    const one = await findAccess({ env })
    expect(one.server.href).toBe('https://one.example:6443/')
    expect(one.namespace).toBe('ns-one')
    expect(await one.credentials.identity()).toEqual({ token: 'token-of-one' })
    const two = await findAccess({ env, context: 'two', namespace: 'other' })
    expect([two.server.hostname, two.namespace]).toEqual(['two.example', 'other'])
    expect(await two.credentials.identity()).toEqual({ token: 'token-of-two' })
  })

  it.skipIf(!existsSync('/usr/bin/kubectl'))('are read as kubectl reads them', async () => {
    const folder = scratch()
    const { certificate, key } = createAuthority().issue('me')
    write(folder, 'ca.pem', certificate)
    const user = `client-certificate-data: ${base64(certificate)}\n    client-key-data: ${base64(key)}`
    const first = write(
      folder,
      'a',
      config('one', { user, cluster: 'certificate-authority: ca.pem' }),
    )
    const second = write(
      folder,
      'b',
      config('two', { cluster: 'tls-server-name: "inner"\n    insecure-skip-tls-verify: true' }),
    )
    const env = { ...process.env, KUBECONFIG: `${first}:${second}` }
    for (const context of ['one', 'two']) {
      const args = [
        'config',
        'view',
        '--raw',
        '--flatten',
        '--minify',
        '-o',
        'json',
        '--context',
        context,
      ]
      const told = JSON.parse(execFileSync('kubectl', args, { env, encoding: 'utf8' }))
      const { cluster } = told.clusters[0]
      const access = await findAccess({ env, context })
      expect(access.server.origin).toBe(cluster.server)
      expect(access.namespace).toBe(told.contexts[0].context.namespace)
      expect(access.serverName).toBe(cluster['tls-server-name'])
      expect(access.insecure).toBe(cluster['insecure-skip-tls-verify'] ?? false)
      const authority = cluster['certificate-authority-data']
      expect(access.authority && base64(access.authority)).toBe(authority)
      const identity = await access.credentials.identity()
      const theirs = told.users[0].user
      expect(identity.token).toBe(theirs.token)
      expect(identity.certificate && base64(identity.certificate)).toBe(
        theirs['client-certificate-data'],
      )
      expect(identity.key && base64(identity.key)).toBe(theirs['client-key-data'])
    }
  })

  it('a file of a token is read anew for every call, and stands beside the kubeconfig', async () => {
    const folder = scratch()
    write(folder, 'token', 'first\n')
    const kubeconfig = write(folder, 'config', config('one', { user: 'tokenFile: token' }))
    const { credentials } = await findAccess({ kubeconfig })
    expect(await credentials.identity()).toEqual({ token: 'first' })
    write(folder, 'token', 'second\n')
    expect(await credentials.identity()).toEqual({ token: 'second' })
  })

  it('inside of a pod its service account is taken', async () => {
    const folder = scratch()
    const { certificate } = createAuthority()
    write(folder, 'ca.crt', certificate)
    write(folder, 'namespace', 'astro')
    write(folder, 'token', 'one')
    const env = {
      HOME: folder,
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '6443',
    }
    const access = await findAccess({ env, accountFolder: folder })
    expect(access).toMatchObject({ namespace: 'astro', authority: certificate, insecure: false })
    expect(access.server.host).toBe('[fd00::1]:6443')
    expect(await access.credentials.identity()).toEqual({ token: 'one' })
    write(folder, 'token', 'two')
    expect(await access.credentials.identity()).toEqual({ token: 'two' })
  })

  it('~/.kube/config is found', async () => {
    const folder = scratch()
    mkdirSync(join(folder, '.kube'))
    write(join(folder, '.kube'), 'config', config('home'))
    expect((await findAccess({ env: { HOME: folder } })).namespace).toBe('ns-home')
  })
})

describe('programs that hand out credentials', () => {
  const exec = (version = 'v1', more = '') =>
    `exec:\n      apiVersion: client.authentication.k8s.io/${version}\n      command: ./plugin\n      args: [get, token]\n      env:\n      - {name: WHO, value: me}\n${more}`

  function plugin(folder: string, script: string): void {
    chmodSync(
      write(folder, 'plugin', `#!/bin/sh\necho called >> ${folder}/calls\n${script}`),
      0o755,
    )
  }

  async function identity(script: string, more?: string) {
    const folder = scratch()
    plugin(folder, script)
    const kubeconfig = write(folder, 'config', config('one', { user: exec('v1', more) }))
    const { credentials } = await findAccess({ kubeconfig })
    return { folder, credentials }
  }

  const answer = (status: string) =>
    `{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": ${status}}`

  it('are asked once until their credentials expire or are refused', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString()
    const token = answer(`{"token": "$WHO-$1-$2", "expirationTimestamp": "${soon}"}`).replaceAll(
      '"',
      '\\"',
    )
    const { folder, credentials } = await identity(`echo "${token}"`)
    const calls = () =>
      execFileSync('wc', ['-l', join(folder, 'calls')], { encoding: 'utf8' }).split(' ')[0]
    expect(await credentials.identity()).toEqual({ token: 'me-get-token' })
    expect(await credentials.identity()).toEqual({ token: 'me-get-token' })
    expect(calls()).toBe('1')
    expect(credentials.refused()).toBe(true)
    await credentials.identity()
    expect(calls()).toBe('2')
  })

  it('are asked again once their credentials have expired', async () => {
    const past = new Date(Date.now() + 5000).toISOString()
    const { folder, credentials } = await identity(
      `echo '${answer(`{"token": "x", "expirationTimestamp": "${past}"}`)}'`,
    )
    await credentials.identity()
    await credentials.identity()
    expect(execFileSync('cat', [join(folder, 'calls')], { encoding: 'utf8' })).toBe(
      'called\ncalled\n',
    )
  })

  it('are told about the cluster where they ask for it', async () => {
    const { folder, credentials } = await identity(
      `printf %s "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info"; echo '${answer('{"token": "x"}')}'`,
      '      provideClusterInfo: true',
    )
    await credentials.identity()
    expect(JSON.parse(execFileSync('cat', [join(folder, 'info')], { encoding: 'utf8' }))).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://one.example:6443' } },
    })
  })

  it.each([
    [
      'fail',
      'echo "log in first" >&2; exit 3',
      /^credentials from \.\/plugin: Command failed: \S+plugin get token: log in first$/,
    ],
    ['say nonsense', 'echo hello', 'credentials from ./plugin: the answer is not JSON'],
    [
      'speak another version',
      `echo '${answer('{}').replace('/v1', '/v1alpha1')}'`,
      'got ExecCredential of client.authentication.k8s.io/v1alpha1',
    ],
    ['have nothing', `echo '${answer('{}')}'`, 'neither a token nor a certificate with its key'],
    [
      'give no time',
      `echo '${answer('{"token": "x", "expirationTimestamp": "soon"}')}'`,
      'expirationTimestamp: soon is not a time',
    ],
  ])('that %s are named', async (_, script, message) => {
    const { credentials } = await identity(script)
    const asked = credentials.identity()
    await expect(asked).rejects.toThrow(message)
    await expect(asked).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })

  it('that are not installed are named with the hint', async () => {
    const user = exec('v1', '      installHint: get it\n        there').replace(
      './plugin',
      'no-such-plugin-here',
    )
    const kubeconfig = write(scratch(), 'config', config('one', { user }))
    const { credentials } = await findAccess({ kubeconfig })
    await expect(credentials.identity()).rejects.toThrow(
      'credentials from no-such-plugin-here: not found: get it there',
    )
  })
})

describe('bad kubeconfigs', () => {
  it.each([
    ['lists', '- a', 'not a kubeconfig (kind: Config)'],
    ['manifests', 'kind: Job', 'not a kubeconfig (kind: Config)'],
    [
      'nothing chosen',
      config('one', { current: false }),
      'no current-context, and no context was given',
    ],
    [
      'nobody there',
      config('one').replace('current-context: one', 'current-context: two'),
      'no context two; there are: one',
    ],
    [
      'no cluster',
      config('one').replace('{cluster: one,', '{cluster: gone,'),
      'no cluster gone; there are: one',
    ],
    ['no user', config('one').replace('user: one,', 'user: gone,'), 'no user gone; there are: one'],
    [
      'no address',
      config('one').replace(/server: .*/, 'server: somewhere'),
      'cluster one: server: got somewhere, wanted https://…',
    ],
    [
      'a certificate alone',
      config('one', { user: `client-certificate-data: ${base64('-----BEGIN X')}` }),
      'user one: a client certificate and its key go together',
    ],
    [
      'no PEM',
      config('one', { cluster: 'certificate-authority-data: aGVsbG8=' }),
      'certificate-authority-data is not a PEM text in base64',
    ],
    [
      'a missing file',
      config('one', { cluster: 'certificate-authority: gone.pem' }),
      'gone.pem cannot be read: ',
    ],
    [
      'a proxy',
      config('one', { cluster: 'proxy-url: http://p' }),
      'cluster one: proxy-url is not supported',
    ],
    ['passwords', config('one', { user: 'username: me' }), 'user one: username is not supported'],
    ['impersonation', config('one', { user: 'as: you' }), 'user one: as is not supported'],
    [
      'an old plugin',
      config('one', { user: 'exec: {apiVersion: v0, command: x}' }),
      'exec: wanted a command and apiVersion',
    ],
    ['no list', 'users: 5\nkind: Config', 'users is not a list'],
    ['no name', 'users: [{user: a}]\nkind: Config', 'users: an entry without a name'],
  ])('%s', async (_, text, message) => {
    const kubeconfig = write(scratch(), 'config', text)
    const asked = findAccess({ kubeconfig })
    await expect(asked).rejects.toThrow(message)
    await expect(asked).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringContaining(kubeconfig.slice(0, 20)),
    })
  })

  it('that are not there are named', async () => {
    await expect(findAccess({ kubeconfig: '/nowhere/config' })).rejects.toThrow(
      '/nowhere/config cannot be read',
    )
    await expect(findAccess({ env: { KUBECONFIG: '/nowhere/config' } })).rejects.toThrow(
      'KUBECONFIG: /nowhere/config does not exist',
    )
    await expect(findAccess({ env: { HOME: scratch() } })).rejects.toThrow(
      'no cluster is known: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod',
    )
  })
})
