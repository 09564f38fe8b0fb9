import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  encodeFits,
  httpSource,
  openFits,
  readPlane,
  withBlockCache,
  withRetry,
} from '@nebulift/fits'
import { afterEach, describe, expect, it } from 'vitest'
import { failure } from '../helpers.ts'

const data = Int16Array.from({ length: 200_000 }, (_, i) => i % 30_000)
const file = encodeFits([{ data, shape: [500, 400] }])

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let close = () => {}
afterEach(() => close())

async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/m31.fits`
}

/** A proper server of `file`, with a log of the ranges asked for. */
function ranges(etag = () => '"v1"', log: string[] = []): Answer {
  return (request, response) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
    log.push(`${first}-${last} ${request.headers['if-range'] ?? ''}`.trim())
    response.setHeader('etag', etag())
    const condition = request.headers['if-range']
    if (condition !== undefined && condition !== etag()) {
      response.writeHead(200).end(file)
      return
    }
    const end = Math.min(Number(last) + 1, file.length)
    response.writeHead(206, { 'content-range': `bytes ${first}-${end - 1}/${file.length}` })
    response.end(file.subarray(Number(first), end))
  }
}

describe('httpSource', () => {
  it('opens by one request and reads just the rows of a section', async () => {
    const log: string[] = []
    const source = await httpSource(await serve(ranges(undefined, log)))
    expect(source.size).toBe(file.length)
    const [hdu] = await openFits(source)
    expect(log).toEqual(['0-28799'])
    const { data: got } = await readPlane(hdu!, { section: { x: 10, y: 300, width: 5, height: 2 } })
    expect(Array.from(got.subarray(0, 5))).toEqual([10, 11, 12, 13, 14])
    const start = 2880 + 2 * (300 * 500 + 10)
    expect(log).toEqual(['0-28799', `${start}-${start + 1009} "v1"`])
    expect(await source.read(file.length, 5)).toEqual(new Uint8Array(0))
  })

  it('works with its wrappers, headers and a fetch of its own', async () => {
    const url = await serve((request, response) => {
      if (request.headers.authorization !== 'Bearer x') response.writeHead(401).end()
      else ranges()(request, response)
    })
    expect(await failure(() => httpSource(url))).toBe(`IO ${url}: HTTP 401 Unauthorized`)
    expect(await failure(() => httpSource(`${url}?signature=secret`))).toBe(
      `IO ${url}: HTTP 401 Unauthorized`,
    )
    let calls = 0
    const source = await httpSource(new URL(url), {
      headers: { authorization: 'Bearer x' },
      fetch: (...request) => {
        calls++
        return fetch(...request)
      },
    })
    const [hdu] = await openFits(withBlockCache(withRetry(source)))
    expect((await readPlane(hdu!)).data[199_999]).toBe(data[199_999])
    expect(calls).toBeGreaterThan(1)
  })

  it('says when the server ignores ranges, or does not tell the length', async () => {
    const plain = await serve((_, response) => response.end(file))
    expect(await failure(() => httpSource(plain))).toBe(
      `UNSUPPORTED ${plain}: the server ignores range requests; fetch the whole file and use bufferSource`,
    )
    close()
    const vague = await serve((_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-9/*' }).end(file.subarray(0, 10))
    })
    expect(await failure(() => httpSource(vague))).toBe(
      `UNSUPPORTED ${vague}: the server does not say how long the file is`,
    )
  })

  it('notices that the file changed', async () => {
    let etag = '"v1"'
    const source = await httpSource(await serve(ranges(() => etag)))
    etag = '"v2"'
    expect(await failure(() => source.read(50_000, 10))).toMatch(
      /^IO .*: the file changed on the server since it was opened$/,
    )
    close()
    let size = file.length
    const growing = await serve((request, response) => {
      const [, first] = /bytes=(\d+)/.exec(request.headers.range!) ?? []
      response.setHeader('last-modified', 'Thu, 01 Jan 2026 00:00:00 GMT')
      const range = `bytes ${first}-${size - 1}/${size}`
      response.writeHead(206, { 'content-range': range }).end(file.subarray(0, 28_800))
    })
    const second = await httpSource(growing)
    size += 10
    expect(await failure(() => second.read(50_000, 10))).toMatch(
      /^IO .*: the file changed, was 403200 bytes, is now 403210$/,
    )
  })

  it('reports bodies of the wrong length, an empty file and a dead server', async () => {
    const answers =
      (length: number): Answer =>
      (request, response) => {
        const opening = request.headers.range === 'bytes=0-28799'
        const range = { 'content-range': `bytes 0-1/${file.length}` }
        response.writeHead(206, range).end(file.subarray(0, opening ? 28_800 : length))
      }
    for (const [length, got] of [
      [5, '5'],
      [50, 'more'],
    ] as const) {
      const url = await serve(answers(length))
      const source = await httpSource(url)
      expect(await failure(() => source.read(40_000, 10))).toBe(
        `IO ${url}: wanted 10 bytes, got ${got}`,
      )
      close()
    }
    const empty = await serve((_, response) => response.writeHead(416).end())
    expect((await httpSource(empty)).size).toBe(0)
    close()
    expect(await failure(() => httpSource(empty))).toMatch(/^IO http.*fetch failed: .*ECONNREFUSED/)
  })

  it('gives up after its time, and at once when aborted', async () => {
    const silent = await serve(() => {})
    expect(await failure(() => httpSource(silent, { timeoutMs: 30 }))).toMatch(/^IO .*timeout/)
    const control = new AbortController()
    setTimeout(() => control.abort(new Error('enough')), 10)
    expect(await failure(() => httpSource(silent, { signal: control.signal }))).toBe(
      'undefined enough',
    )
    close()
    const stalling = await serve((_, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-28799/${file.length}` })
      response.write(file.subarray(0, 100))
    })
    expect(await failure(() => httpSource(stalling, { timeoutMs: 50 }))).toMatch(/^IO .*timeout/)
    const later = new AbortController()
    setTimeout(() => later.abort(new Error('enough')), 30)
    expect(await failure(() => httpSource(stalling, { signal: later.signal }))).toBe(
      'undefined enough',
    )
    const early = AbortSignal.abort(new Error('before'))
    close()
    const source = await httpSource(await serve(ranges()))
    expect(await failure(() => source.read(0, 5, early))).toBe('undefined before')
  })
})
