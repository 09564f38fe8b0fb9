import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import { DistributedError } from '../errors.ts'

// Both sides prove that they know the token without sending it: each makes up a nonce, and answers with
// HMAC-SHA256(token, role, context, both nonces). The client proves itself first, so that a stranger who connects
// gets nothing to guess tokens with; the roles differ, so that no proof can be sent back to its author.

const magic = Buffer.from('NBH1')
const nonceBytes = 32
const proofBytes = 32

export type Role = 'client' | 'server'

export interface HandshakeOptions {
  /** What both sides know. */
  readonly token: string
  readonly role: Role
  /**
   * What the connection is for: both sides must name the same, and a proof for one does not fit another. A server may be
   * ready for several.
   */
  readonly context: string | readonly string[]
  /** Hears of a peer that speaks the protocol, and whose proof is wrong. */
  readonly onWrongProof?: () => void
}

/** The handshake as a machine without sockets: bytes in, bytes out. */
export interface Handshake {
  /** Bytes to be sent before anything is read. */
  readonly opening: Uint8Array
  /** How many bytes `take` wants next; 0 once both sides have proved themselves. */
  readonly wanted: number
  /** Whether our proof is out: a peer that hangs up now does not like it. */
  readonly proved: boolean
  /** What the connection is for: of several, once the peer has proved what it came for. */
  readonly context: string
  /**
   * Takes exactly `wanted` bytes and returns those to be sent, if any.
   * @throws DistributedError `REFUSED` where they are no handshake, or the proof is wrong
   */
  take(bytes: Uint8Array): Uint8Array
}

/**
 * One side of a handshake.
 * @throws DistributedError `BAD_ARGUMENT` where the token is empty
 */
export function openHandshake(options: HandshakeOptions): Handshake {
  const { token, role, onWrongProof } = options
  const contexts = [options.context].flat()
  if (token === '') throw new DistributedError('BAD_ARGUMENT', 'token: got an empty one')
  const nonce = randomBytes(nonceBytes)
  const hello = Buffer.concat([magic, nonce])
  let theirs: Uint8Array | undefined
  let wanted = hello.length
  let proved = false
  let context = contexts[0] ?? ''
  const proofOf = (author: Role): Buffer => {
    const nonces = role === 'client' ? [nonce, theirs!] : [theirs!, nonce]
    const mac = createHmac('sha256', token).update(`nebulift\0${author}\0${context}\0`)
    return mac.update(Buffer.concat(nonces)).digest()
  }
  const prove = () => {
    proved = true
    return proofOf(role)
  }
  const greet = (bytes: Uint8Array): Uint8Array => {
    if (!magic.equals(bytes.subarray(0, magic.length)))
      throw new DistributedError('REFUSED', 'the peer does not speak this protocol')
    theirs = Uint8Array.from(bytes.subarray(magic.length))
    wanted = proofBytes
    return role === 'client' ? prove() : hello
  }
  const check = (bytes: Uint8Array): Uint8Array => {
    const fits = (candidate: string) => {
      context = candidate
      return timingSafeEqual(bytes, proofOf(role === 'client' ? 'server' : 'client'))
    }
    if (!contexts.some(fits)) {
      onWrongProof?.()
      const text = `the peer has another token, or is not here for ${context}`
      throw new DistributedError('REFUSED', text)
    }
    wanted = 0
    return role === 'client' ? new Uint8Array() : prove()
  }
  return {
    opening: role === 'client' ? hello : new Uint8Array(),
    get wanted() {
      return wanted
    },
    get proved() {
      return proved
    },
    get context() {
      return context
    },
    take: (bytes) => (theirs ? check(bytes) : greet(bytes)),
  }
}

/** Why a peer that hangs up in the middle does so. */
export function hungUp({ proved, context }: Handshake): DistributedError {
  return proved
    ? new DistributedError(
        'REFUSED',
        `the peer hung up: another token, or it is not here for ${context}`,
      )
    : new DistributedError('ABORTED', 'the peer hung up before it proved itself')
}

/**
 * Both sides of a connection prove that they know the token; nothing secret is sent. Reads exactly its own bytes:
 * what the peer sent after them is still to be read. A socket that fails is destroyed. Returns what it is for.
 * @throws DistributedError `REFUSED` where the peer cannot prove it or does not accept our proof, `TIMEOUT` after
 * `timeoutMs`, `ABORTED` where the connection ends or fails
 */
export async function authenticate(
  socket: Socket,
  { timeoutMs, ...options }: HandshakeOptions & { readonly timeoutMs: number },
): Promise<string> {
  const handshake = openHandshake(options)
  const end = Promise.withResolvers<void>()
  const onReadable = () => {
    try {
      while (handshake.wanted > 0) {
        const bytes: Buffer | null = socket.read(handshake.wanted)
        if (!bytes) return
        // At the end of a stream `read` gives what is left.
        if (bytes.length < handshake.wanted) throw hungUp(handshake)
        const answer = handshake.take(bytes)
        if (answer.length > 0) socket.write(answer)
      }
      end.resolve()
    } catch (error) {
      end.reject(error)
    }
  }
  const onClose = () => end.reject(hungUp(handshake))
  const onError = (cause: Error) =>
    end.reject(
      new DistributedError('ABORTED', `the connection failed: ${cause.message}`, { cause }),
    )
  const timer = setTimeout(
    () =>
      end.reject(
        new DistributedError('TIMEOUT', `the peer did not prove itself within ${timeoutMs} ms`),
      ),
    timeoutMs,
  )
  const listeners = { readable: onReadable, end: onClose, close: onClose, error: onError }
  for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener)
  try {
    if (socket.destroyed) onClose()
    if (handshake.opening.length > 0) socket.write(handshake.opening)
    await end.promise
    return handshake.context
  } catch (error) {
    // What else goes wrong with this socket concerns nobody.
    socket.on('error', () => {})
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener)
  }
}
