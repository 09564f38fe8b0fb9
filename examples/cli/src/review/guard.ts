import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What a request is refused for: its HTTP status, and one line that says why. */
export interface Refusal {
  readonly status: number
  readonly message: string
}

/** Names under which this machine alone is reached. */
const ownNames = ['127.0.0.1', 'localhost']

/**
 * Refuses requests that a foreign page had a browser send: those to a name that was bent to this machine
 * (DNS rebinding), and those that come from another origin.
 */
export function refuseForeign(headers: IncomingHttpHeaders, port: number): Refusal | undefined {
  // Browsers leave out the port that is usual.
  const hosts = ownNames.map((name) => (port === 80 ? name : `${name}:${port}`))
  if (!hosts.includes(headers.host ?? '')) {
    return { status: 403, message: 'this address serves the machine it runs on only' }
  }
  const { origin } = headers
  const site = headers['sec-fetch-site']
  const isOwn = origin === undefined || hosts.some((host) => origin === `http://${host}`)
  if (!isOwn || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    return { status: 403, message: 'requests of other pages are not answered' }
  }
  return undefined
}

/** The header that carries the token: pages of other origins cannot set it without being asked first. */
export const tokenHeader = 'x-nebulift-token'

/** Refuses whoever does not know the token of this run. */
export function refuseStranger(headers: IncomingHttpHeaders, token: string): Refusal | undefined {
  const given = Buffer.from(String(headers[tokenHeader] ?? ''))
  const wanted = Buffer.from(token)
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return undefined
  return { status: 401, message: 'open the address that nebulift review printed' }
}

/** What browsers are told with every answer. */
export const guardHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}
