import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { refuseForeign, tokenHeader } from '../../src/review/guard.ts'
import { pageHtml, pagePolicy } from '../../src/review/page.ts'
import { type ReviewServer, serveReview } from '../../src/review/server.ts'
import { openReview } from '../../src/review/store.ts'
import { judgeSmallNight, otherThan, type SmallNight } from './night.ts'

interface Told {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string
}

const servers: ReviewServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

interface Serving extends SmallNight {
  readonly server: ReviewServer
  readonly ask: (path: string, asking?: Asking) => Promise<Told>
}

/** A small night that is served, and a client that says exactly what it is told to say. */
async function serve(): Promise<Serving> {
  const night = await judgeSmallNight()
  const server = await serveReview(await openReview(night.out))
  servers.push(server)
  const token = new URL(server.url).hash.slice(1)
  const ask = (path: string, { method = 'GET', headers = {}, body = '' }: Asking = {}) =>
    new Promise<Told>((resolve, reject) => {
      const given = { [tokenHeader]: token, ...headers }
      const sent = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined))
      const asked = request(
        { host: '127.0.0.1', port: server.port, path, method, headers: sent as never },
        async (response) => {
          const pieces: Buffer[] = []
          for await (const piece of response) pieces.push(piece)
          const { statusCode: status = 0, headers } = response
          const text = Buffer.concat(pieces).toString('utf8')
          resolve({ status, type: headers['content-type'] ?? '', text, headers })
        },
      )
      asked.on('error', reject)
      asked.end(body)
    })
  return { ...night, server, ask }
}

const posted = (value: unknown): Asking => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof value === 'string' ? value : JSON.stringify(value),
})

describe('the review server', () => {
  it('serves the page to anybody here, and nothing of the night without the token', async () => {
    const { ask, server } = await serve()
    const page = await ask('/', { headers: { [tokenHeader]: undefined } })
    expect(page.status).toBe(200)
    expect(page.text).toBe(pageHtml())
    expect(page.text).not.toContain('a.fits')
    expect(page.headers['content-security-policy']).toBe(pagePolicy())
    expect(pagePolicy()).toMatch(/^default-src 'none'/)
    expect(pagePolicy()).not.toContain('unsafe')
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    expect(new URL(server.url).hash.length).toBeGreaterThan(30)
    for (const token of [undefined, '', 'guess', 'x'.repeat(32)]) {
      for (const path of ['/night', '/picture?file=a.fits', '/correct', '/anything']) {
        const { status, text } = await ask(path, { headers: { [tokenHeader]: token } })
        expect({ status, text }).toEqual({
          status: 401,
          text: '{"error":"open the address that nebulift review printed"}',
        })
      }
    }
  })

  it('refuses foreign names and foreign pages, with the token as well', async () => {
    const { ask, server, frame } = await serve()
    const { port } = server
    const decision = otherThan(frame('a.fits'))
    const wish = posted({ file: 'a.fits', seen: null, decision })
    const foreign = [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: `127.0.0.1:${port + 1}` },
      { host: '127.0.0.1' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `https://127.0.0.1:${port}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign) {
      for (const path of ['/', '/night', '/picture?file=a.fits'])
        expect((await ask(path, { headers })).status).toBe(403)
      const sent = { ...wish, headers: { ...wish.headers, ...headers } }
      expect((await ask('/correct', sent)).status).toBe(403)
    }
    expect(frame('a.fits').corrected).toBeUndefined()
    const own = { host: `localhost:${port}`, origin: `http://localhost:${port}` }
    const sent = { ...wish, headers: { ...wish.headers, ...own, 'sec-fetch-site': 'same-origin' } }
    expect((await ask('/correct', sent)).status).toBe(200)
    expect(frame('a.fits').verdict).toBe(decision.verdict)
  })

  it('knows its own name on the usual port as well', () => {
    expect(refuseForeign({ host: '127.0.0.1', origin: 'http://127.0.0.1' }, 80)).toBeUndefined()
    expect(refuseForeign({ host: '127.0.0.1:8080' }, 80)?.status).toBe(403)
  })

  it.each([
    ...['/../../etc/passwd', '/%2e%2e/manifest.json', '/manifest.json', '/.nebulift/night.json'],
    ...['/picture/a.fits', '//night', '/night/', '/correct'],
  ])('has nothing at %s', async (path) => {
    const { ask } = await serve()
    expect((await ask(path)).status).toBe(404)
  })

  it('gives pictures of frames of the manifest, and of no other file', async () => {
    const { ask, input } = await serve()
    const found = await ask('/picture?file=a.fits')
    expect({ status: found.status, type: found.type }).toEqual({ status: 200, type: 'image/webp' })
    for (const file of [
      '',
      'z.fits',
      '../frames/a.fits',
      `${input}/a.fits`,
      'a.fits%00',
      './a.fits',
    ])
      expect((await ask(`/picture?file=${encodeURIComponent(file)}`)).status).toBe(404)
    expect((await ask('/picture')).status).toBe(404)
  })

  it('tells the night, and nothing where the page knows it already', async () => {
    const { ask, frame } = await serve()
    const { revision, night } = JSON.parse((await ask('/night')).text)
    expect(night.frames.map(({ file }: { file: string }) => file)).toEqual(
      ['a', 'b', 'c'].map((name) => `${name}.fits`),
    )
    expect(night.frames[0]).toMatchObject({ id: 0, preview: { width: 96, height: 64 } })
    const known = `/night?known=${encodeURIComponent(revision)}`
    expect(JSON.parse((await ask(known)).text)).toEqual({ revision })
    await ask(
      '/correct',
      posted({ file: 'a.fits', seen: null, decision: otherThan(frame('a.fits')) }),
    )
    expect(JSON.parse((await ask(known)).text).night.frames[0].assessment.corrected.by).toBe(
      'person',
    )
  })

  it('answers a stale page with the fresh state', async () => {
    const { ask, frame } = await serve()
    const wish = { file: 'a.fits', seen: null, decision: otherThan(frame('a.fits')) }
    const [one, two] = await Promise.all([1, 2].map(() => ask('/correct', posted(wish))))
    expect([one?.status, two?.status].sort()).toEqual([200, 409])
    const { frame: fresh } = JSON.parse((one?.status === 409 ? one : two)?.text ?? '')
    expect(fresh.assessment.corrected).toEqual(frame('a.fits').corrected)
  })

  const keep = { verdict: 'clean', action: 'keep' }
  it.each<[string, number, unknown]>([
    ['a frame that is not there', 404, { file: 'z.fits', seen: null, decision: null }],
    ['no JSON', 400, '{'],
    ['nothing', 400, ''],
    ['null', 400, 'null'],
    ['no file', 400, { seen: null, decision: keep }],
    ['no state', 400, { file: 'a.fits', decision: keep }],
    ['no verdict', 400, { file: 'a.fits', seen: null, decision: { action: 'keep' } }],
    [
      'a verdict of its own',
      400,
      { file: 'a.fits', seen: null, decision: { ...keep, verdict: 'x' } },
    ],
    ['unknown causes', 400, { file: 'a.fits', seen: null, decision: { ...keep, causes: ['<b>'] } }],
    ['too much', 413, JSON.stringify({ file: 'a'.repeat(40_000), seen: null, decision: null })],
  ])('refuses %s', async (_, status, body) => {
    const { ask, manifest } = await serve()
    const before = manifest()
    const told = await ask('/correct', posted(body))
    expect(told.status).toBe(status)
    expect(JSON.parse(told.text).error).toMatch(/\w/)
    expect(manifest()).toEqual(before)
  })

  it('takes corrections as JSON only, which no form of another page can send', async () => {
    const { ask } = await serve()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', undefined]) {
      const headers = { 'content-type': type }
      expect((await ask('/correct', { ...posted({}), headers })).status).toBe(415)
    }
  })

  it('listens on the loopback alone, and ends while somebody is still connected', async () => {
    const { server } = await serve()
    const socket = connect(server.port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    expect(new URL(server.url).hostname).toBe('127.0.0.1')
    await servers.pop()?.close()
    socket.destroy()
    await expect(fetch(server.url)).rejects.toThrow()
  })

  it('says which port is in use', async () => {
    const { server, out } = await serve()
    const second = serveReview(await openReview(out), { port: server.port })
    await expect(second).rejects.toThrow(`port ${server.port} is in use`)
  })
})
