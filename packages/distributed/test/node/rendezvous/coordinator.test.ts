import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Coordinator, openCoordinator } from '../../../src/node/rendezvous/coordinator.ts'
import { dialer } from '../../../src/node/rendezvous/link.ts'
import { type Credentials, dialSocket } from '../../../src/node/rendezvous/sockets.ts'
import type { Link } from '../../../src/rendezvous/member.ts'
import { protocol, type ToMember } from '../../../src/rendezvous/messages.ts'
import { settingsOf } from '../../rendezvous/town.ts'
import { certificate } from './certificates.ts'
import { freePort, temporaryFolder } from './processes.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const credentials: Credentials = { token: 'of the tests', handshakeMs: 500 }
const world = { min: 2, max: 2 }

async function open(
  changes: Partial<Credentials> = {},
  say?: (line: string) => void,
): Promise<Coordinator> {
  const coordinator = await openCoordinator({
    ...{ port: 0, settings: settingsOf({ world }), ...(say && { say }) },
    credentials: { ...credentials, ...changes },
  })
  closers.push(coordinator.close)
  return coordinator
}

/** A member that only keeps what it hears. */
async function dial(port: number, changes: Partial<Credentials> = {}, host = '127.0.0.1') {
  const heard: ToMember[] = []
  const lost = Promise.withResolvers<string>()
  let news = Promise.withResolvers<void>()
  const onMessage = (message: ToMember) => {
    heard.push(message)
    news.resolve()
    news = Promise.withResolvers()
  }
  const options = { host, port, credentials: { ...credentials, ...changes }, silentMs: 20_000 }
  const link = await dialer(options)({ onMessage, onLost: lost.resolve }, never)
  closers.push(link.close)
  const hears = async (type: ToMember['type']) => {
    for (;;) {
      const found = heard.find((message) => message.type === type)
      if (found) return found
      await news.promise
    }
  }
  return { link, hears, lost: lost.promise }
}

const never = new AbortController().signal

function join(link: Link, index: number, host = ''): void {
  const application = { protocol, index, world, layout: 'L', step: 0, generation: 0 }
  const address = { host, port: 1000 + index }
  link.send({ type: 'join', application: { ...application, address } })
}

describe('the coordinator', () => {
  it('tells where members are as it sees them, unless they say so themselves', async () => {
    const { port } = await open()
    const [one, two] = [await dial(port), await dial(port)]
    join(one.link, 0)
    join(two.link, 1, 'pod.example')
    const peers = [
      { host: '127.0.0.1', port: 1000 },
      { host: 'pod.example', port: 1001 },
    ]
    expect(await one.hears('meeting')).toMatchObject({ rank: 0, peers })
    expect(await two.hears('meeting')).toMatchObject({ rank: 1, peers })
  })

  it('drops whoever proves itself and then says nothing, or nonsense', async () => {
    const { port } = await open()
    const silent = await dial(port)
    expect(await silent.lost).toBe('the connection closed')
    const socket = await dialSocket({ host: '127.0.0.1', port }, credentials, never)
    const closed = new Promise((resolve) => socket.resume().on('close', resolve))
    socket.write('{"type":"join"}\n')
    await closed
  })

  it('drops strangers that say nothing', async () => {
    const { port } = await open()
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve) => socket.resume().on('close', resolve))
  })

  it('beats, and hears beats, every second', async () => {
    const { port } = await open()
    const { link, hears } = await dial(port)
    join(link, 0)
    expect(await hears('waiting')).toEqual({ type: 'waiting', present: 1, missing: [1] })
    expect(await hears('beat')).toEqual({ type: 'beat' })
  })

  it('waits until its members have left', async () => {
    const coordinator = await open()
    const { link, hears } = await dial(coordinator.port)
    join(link, 0)
    await hears('waiting')
    await coordinator.drained({ lingerMs: 20, lostMs: 0 })
    const drained = coordinator.drained({ lingerMs: 60_000, lostMs: 0 })
    link.send({ type: 'leave' })
    await drained
    expect(await hears('farewell')).toEqual({ type: 'farewell' })
  })

  it('when all is over waits longer for one that has not left, until it is closed', async () => {
    const said: string[] = []
    const coordinator = await open({}, (line) => said.push(line))
    const [zero, one] = [await dial(coordinator.port), await dial(coordinator.port)]
    for (const [index, { link }] of [zero, one].entries()) join(link, index)
    await zero.hears('meeting')
    zero.link.send({ type: 'conclude', end: { reason: 'finished', step: 1, epochs: 1 } })
    zero.link.send({ type: 'leave' })
    await zero.hears('farewell')
    const drained = coordinator.drained({ lingerMs: 20, lostMs: 60_000 })
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(said).toEqual([
      'all is done, but index 1 has not left; staying to tell so whoever comes in its place, at most 60 s',
    ])
    await coordinator.close()
    await drained
    // Nor does it begin to wait after that.
    await coordinator.drained({ lingerMs: 60_000, lostMs: 60_000 })
    expect(said.length).toBe(1)
  })

  it('is refused only by one that says so thrice', async () => {
    const { port } = await open()
    const wrong = { ...credentials, token: 'a guess' }
    const dialWrong = dialer({ host: '127.0.0.1', port, credentials: wrong, silentMs: 20_000 })
    const events = { onMessage: () => {}, onLost: () => {} }
    for (const code of ['ABORTED', 'ABORTED', 'REFUSED'])
      await expect(dialWrong(events, never)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(`no coordinator at 127.0.0.1:${port}: the peer`),
      })
  })

  it('is missed at every address of its name', async () => {
    const port = await freePort()
    await expect(dial(port, {}, 'localhost')).rejects.toMatchObject({
      code: 'ABORTED',
      message: expect.stringMatching(
        /^no coordinator at localhost:\d+: connect ECONNREFUSED \S+(, connect ECONNREFUSED \S+)?$/,
      ),
    })
  })

  it('names an address that cannot be listened on', async () => {
    const settings = settingsOf()
    const opening = openCoordinator({ port: 0, bind: '192.0.2.1', credentials, settings })
    await expect(opening).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringContaining('cannot listen on 192.0.2.1, port 0: listen EADDRNOTAVAIL'),
    })
  })

  it('speaks TLS with those whose certificate the authority has signed', async ({
    onTestFinished,
  }) => {
    const folder = await temporaryFolder(onTestFinished)
    const [tls, other] = [certificate(folder, 'ours'), certificate(folder, 'other')]
    const { port } = await open({ tls })
    const { link, hears } = await dial(port, { tls })
    join(link, 0)
    expect(await hears('waiting')).toMatchObject({ present: 1 })
    await expect(dial(port, { tls: other })).rejects.toThrow(/no coordinator at 127.0.0.1:\d+: /)
    // A client that trusts the server, but shows another's certificate.
    await expect(dial(port, { tls: { ...other, ca: tls.ca } })).rejects.toThrow(/no coordinator at/)
    await expect(dial(port)).rejects.toThrow(/no coordinator at/)
  })
})

describe('the rendezvous', () => {
  it('never looks at a clock that another machine could see differently', () => {
    const folders = ['rendezvous', 'node/rendezvous']
    const sources = folders.flatMap((folder) => {
      const url = new URL(`../../../src/${folder}/`, import.meta.url)
      return readdirSync(url).map((name) => readFileSync(new URL(name, url), 'utf8'))
    })
    expect(sources.length).toBeGreaterThan(5)
    expect(sources.filter((text) => /\bDate\b|timeOrigin/.test(text))).toEqual([])
  })
})
