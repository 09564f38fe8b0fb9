import { Worker } from 'node:worker_threads'
import { checkWhole } from '../checks.ts'
import type { Collective } from '../collective.ts'
import { DistributedError } from '../errors.ts'
import { memoryCollectives } from '../memoryCollectives.ts'
import { RingSide } from './ring/collective.ts'
import type { Address, TlsOptions } from './ring/links.ts'
import type { News, Order, Place, RingData } from './ring/messages.ts'
import { hasLocalSockets } from './ring/ways.ts'

export interface RingOptions {
  /** Default: all addresses of this machine. */
  readonly host?: string
  /** Default 0: any that is free. */
  readonly port?: number
  /** What all ranks know, and nobody else: it never travels. */
  readonly token: string
  /** Encrypts, and asks every rank for a certificate. Default: neither. */
  readonly tls?: TlsOptions
  /**
   * Whether ranks on this machine talk over local sockets, which cost less processor time than TCP: where there are
   * any (Linux), and without `tls`. The same for all ranks. Default true.
   */
  readonly local?: boolean
  /** How long a neighbour may take to connect, or be silent, before the generation is aborted. Default 20,000. */
  readonly idleTimeoutMs?: number
}

export interface ConnectOptions extends Place {
  readonly signal?: AbortSignal
}

/** One rank's end of the ring, over all generations: it lives in a thread of its own. */
export interface RingListener extends Address {
  /**
   * Joins a generation, and drops what is left of the one before.
   * @throws DistributedError `ABORTED` where a neighbour cannot be reached, or cannot prove that it knows the token
   */
  connect(options: ConnectOptions): Promise<Collective>
  /** Ends everything. Twice does no harm. */
  close(): Promise<void>
}

interface Current {
  readonly generation: number
  readonly side: RingSide
  readonly connected: PromiseWithResolvers<void>
}

/**
 * Opens a port for the right neighbour, in a thread of its own.
 * @throws DistributedError `IO` where the port cannot be had, `BAD_ARGUMENT` where the token is empty
 */
export async function listenRing(options: RingOptions): Promise<RingListener> {
  const { host, port = 0, token, tls, local = true, idleTimeoutMs = 20_000 } = options
  if (token === '') throw new DistributedError('BAD_ARGUMENT', 'token: got an empty one')
  checkWhole('idleTimeoutMs', idleTimeoutMs, { low: 1, high: 2 ** 31 - 1 })
  const worker = openWorker({
    host,
    port,
    token,
    tls,
    local: local && !tls && hasLocalSockets,
    idleTimeoutMs,
  })
  const listening = Promise.withResolvers<Address>()
  let current: Current | undefined
  let over: DistributedError | undefined

  const endCurrent = (reason: DistributedError) => {
    if (!current) return
    const { generation, side, connected } = current
    current = undefined
    worker.postMessage({ type: 'drop', generation } satisfies Order)
    side.end(reason)
    connected.reject(reason)
  }
  const fail = (reason: DistributedError) => {
    over ??= reason
    listening.reject(reason)
    endCurrent(reason)
  }
  worker.on('message', (news: News) => {
    if (news.type === 'listening') listening.resolve(news.address)
    else if (news.type === 'failed') fail(cannotListen({ host, port }, news))
    else if (news.generation === current?.generation) hear(current, news)
  })
  worker.on('error', ({ message }) =>
    fail(new DistributedError('ABORTED', `the thread of the ring failed: ${message}`)),
  )
  worker.on('exit', () => fail(new DistributedError('CLOSED', 'the ring was closed')))

  const connect = async ({ signal, ...options }: ConnectOptions): Promise<Collective> => {
    const place = checkPlace(options)
    if (over) throw over
    signal?.throwIfAborted()
    endCurrent(new DistributedError('CLOSED', 'another generation has begun'))
    const { generation, world } = place
    if (world === 1) return memoryCollectives(1, { generation })[0]
    const tell = (order: Order) => worker.postMessage(order)
    const onBusy = (isBusy: boolean) => (isBusy ? worker.ref() : worker.unref())
    const side = new RingSide({ ...place, tell, onBusy })
    const connected = Promise.withResolvers<void>()
    tell({ type: 'connect', place, memory: side.memory })
    current = { generation, side, connected }
    worker.ref()
    const onAbort = () => {
      tell({ type: 'drop', generation })
      connected.reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await connected.promise
      return side
    } finally {
      signal?.removeEventListener('abort', onAbort)
      worker.unref()
    }
  }
  const close = async () => {
    fail(new DistributedError('CLOSED', 'the ring was closed'))
    await worker.terminate()
  }
  try {
    const address = await listening.promise
    worker.unref()
    return { ...address, connect, close }
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

function cannotListen(
  { host, port }: Pick<RingData, 'host' | 'port'>,
  { message, code }: Extract<News, { type: 'failed' }>,
): DistributedError {
  const where = host === undefined ? `port ${port}` : `${host}, port ${port}`
  const cause = Object.assign(new Error(message), { code })
  return new DistributedError('IO', `cannot listen on ${where}: ${message}`, { cause })
}

function hear(
  { side, connected }: Current,
  news: Exclude<News, { type: 'listening' | 'failed' }>,
): void {
  if (news.type === 'connected') connected.resolve()
  else side.hear(news)
  if (news.type === 'aborted') connected.reject(new DistributedError('ABORTED', news.message))
}

function checkPlace({ rank, world, generation, peers }: Place): Place {
  checkWhole('world', world, { low: 1, high: 2 ** 15 })
  checkWhole('rank', rank, { high: world - 1 })
  checkWhole('generation', generation, { low: 1 })
  if (peers.length !== world)
    throw new DistributedError('BAD_ARGUMENT', `peers: got ${peers.length}, wanted ${world}`)
  return { rank, world, generation, peers: peers.map(({ host, port }) => ({ host, port })) }
}

/** Sources run as sources, built code as built code. */
function openWorker(data: RingData): Worker {
  const isSource = import.meta.url.endsWith('.ts')
  const script = new URL(`./ring/worker${isSource ? '.ts' : '.js'}`, import.meta.url)
  const execArgv = isSource ? ['--conditions=@nebulift/source'] : []
  return new Worker(script, { workerData: data, execArgv })
}
