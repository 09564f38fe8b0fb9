import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

// X.509 as far as tests need it (RFC 5280): an authority, and certificates for a server and its clients.

export interface Certificate {
  readonly certificate: string
  readonly key: string
}

export interface Authority extends Certificate {
  /** For a server at these names and addresses, or a client, where there are none, whose user is the common name. */
  issue(commonName: string, options?: IssueOptions): Certificate
}

export interface IssueOptions {
  readonly addresses?: readonly string[]
  /** Default: in a day. */
  readonly until?: Date
}

const day = 86_400_000
const oid = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  basicConstraints: [0x55, 0x1d, 0x13],
  subjectAltName: [0x55, 0x1d, 0x11],
}

export function createAuthority(name = 'test authority'): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const own = build({
    issuer: name,
    subject: name,
    subjectKey: keys.publicKey,
    signer: keys.privateKey,
  })
  return {
    certificate: own,
    key: pemOf(keys.privateKey),
    issue: (commonName, options = {}) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const subject = {
        issuer: name,
        subject: commonName,
        subjectKey: publicKey,
        signer: keys.privateKey,
      }
      return { certificate: build({ ...subject, ...options, leaf: true }), key: pemOf(privateKey) }
    },
  }
}

interface Wanted extends IssueOptions {
  readonly issuer: string
  readonly subject: string
  readonly subjectKey: KeyObject
  readonly signer: KeyObject
  readonly leaf?: boolean
}

function build({
  issuer,
  subject,
  subjectKey,
  signer,
  addresses = [],
  until,
  leaf = false,
}: Wanted): string {
  const end = until ?? new Date(Date.now() + day)
  const start = new Date(Math.min(Date.now(), end.getTime()) - day)
  const algorithm = der(0x30, der(0x06, Buffer.from(oid.ecdsaWithSha256)))
  const names = addresses.map((address) => {
    const numbers = address.split('.').map(Number)
    const isIp = numbers.length === 4 && !numbers.some(Number.isNaN)
    return isIp ? der(0x87, Buffer.from(numbers)) : der(0x82, Buffer.from(address))
  })
  const extensions = [
    extension(
      oid.basicConstraints,
      der(0x30, leaf ? Buffer.alloc(0) : der(0x01, Buffer.from([0xff]))),
    ),
    ...(names.length > 0 ? [extension(oid.subjectAltName, der(0x30, ...names))] : []),
  ]
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...randomBytes(8)])),
    algorithm,
    nameOf(issuer),
    der(0x30, timeOf(start), timeOf(end)),
    nameOf(subject),
    subjectKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions)),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, signer))
  const base64 = der(0x30, body, algorithm, signature).toString('base64')
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

function nameOf(commonName: string): Buffer {
  const pair = der(0x30, der(0x06, Buffer.from(oid.commonName)), der(0x0c, Buffer.from(commonName)))
  return der(0x30, der(0x31, pair))
}

function timeOf(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`))
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return der(0x30, der(0x06, Buffer.from(id)), der(0x01, Buffer.from([0xff])), der(0x04, value))
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
