import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, type onTestFinished } from 'vitest'
import { certificate } from './rendezvous/certificates.ts'
import { freePort, type Process, Processes, temporaryFolder } from './rendezvous/processes.ts'

type OnFinished = typeof onTestFinished

async function town(onFinished: OnFinished, size: string, options: object = {}) {
  const GROUP_OPTIONS = JSON.stringify(options)
  const processes = new Processes(await freePort(), { PET_NNODES: size, GROUP_OPTIONS })
  onFinished(() => processes.end())
  return processes
}

const met = (members: readonly Process[]) => Promise.all(members.map((each) => each.next('met')))

async function leave(members: readonly Process[]): Promise<void> {
  for (const each of members) each.leave()
  for (const each of members) expect(await each.ended).toBe(0)
}

describe.concurrent('processes', { timeout: 60_000 }, () => {
  it('meet; survivors of a loss keep their process, and meet the one in its place', async ({
    onTestFinished,
  }) => {
    const { start } = await town(onTestFinished, '4')
    const [zero, one, two, three] = [0, 1, 2, 3].map((i) => start(i, { STEP: String(i) })) as Four
    for (const [rank, said] of (await met([zero, one, two, three])).entries())
      expect(said).toMatchObject({ rank, generation: 1, steps: [0, 1, 2, 3], source: 3, sum: 10 })
    two.signal('SIGKILL')
    const another = start(2)
    for (const [rank, said] of (await met([zero, one, another, three])).entries())
      expect(said).toMatchObject({ rank, generation: 2, steps: [1, 2, -1, 4], sum: 10 })

    // The one that serves the others is lost: they wait for the next, which counts on.
    zero.signal('SIGKILL')
    expect(await one.next('ended')).toMatchObject({ code: 'ABORTED' })
    const rest = [start(0), one, another, three]
    for (const said of await met(rest)) expect(said).toMatchObject({ generation: 3, sum: 10 })
    await leave(rest)
  })

  it('wait for one that stood still, which learns that it was left out', async ({
    onTestFinished,
  }) => {
    const { start } = await town(onTestFinished, '2', { silentMs: 3000 })
    const members = [start(0), start(1)]
    await met(members)
    members[1]!.signal('SIGSTOP')
    expect(await members[0]!.next('ended')).toMatchObject({ code: 'ABORTED' })
    members[1]!.signal('SIGCONT')
    expect(await members[1]!.next('ended')).toMatchObject({ code: 'ABORTED' })
    for (const said of await met(members)) expect(said).toMatchObject({ world: 2, sum: 3 })
    await leave(members)
  })

  it('come back to a coordinator that stood still', async ({ onTestFinished }) => {
    const { start } = await town(onTestFinished, '2', { silentMs: 3000 })
    const members = [start(0), start(1)]
    await met(members)
    members[0]!.signal('SIGSTOP')
    expect(await members[1]!.next('ended')).toMatchObject({ code: 'ABORTED' })
    members[0]!.signal('SIGCONT')
    for (const said of await met(members)) expect(said).toMatchObject({ world: 2, sum: 3 })
    await leave(members)
  })

  it('give the place of one that stands still to another, and refuse it afterwards', async ({
    onTestFinished,
  }) => {
    const { start } = await town(onTestFinished, '2')
    const [zero, one] = [start(0), start(1)]
    await met([zero, one])
    one.signal('SIGSTOP')
    const another = start(1)
    for (const said of await met([zero, another])) expect(said).toMatchObject({ generation: 2 })
    one.signal('SIGCONT')
    expect(await one.next('failed')).toMatchObject({
      ...{ code: 'REFUSED', why: expect.stringContaining('index 1 is taken by a process that is') },
    })
    expect(await one.ended).toBe(42)
    await leave([zero, another])
    expect(zero.said.filter(({ event }) => event === 'met')).toHaveLength(2)
  })

  it('refuse whoever does not belong, and go on undisturbed', async ({ onTestFinished }) => {
    const { start, port } = await town(onTestFinished, '2')
    const members = [start(0), start(1)]
    await met(members)
    const strangers = [
      start(1),
      start(1, { PET_NNODES: '3' }),
      start(1, { LAYOUT: 'another net' }),
      start(1, { NEBULIFT_TOKEN: 'a guess' }),
      start(0),
    ]
    const reasons = [
      'index 1 is taken by a process that is alive (the machine of the coordinator, ring port',
      "index 1: its world is of 3, the coordinator's of 2",
      'index 1: it trains another net, the coordinator net',
      `no coordinator at 127.0.0.1:${port}: the peer hung up: another token`,
      `port ${port} is taken: is another process with index 0 running on this machine?`,
    ]
    for (const [i, stranger] of strangers.entries()) {
      const why = expect.stringContaining(reasons[i]!)
      expect(await stranger.next('failed')).toMatchObject({ code: 'REFUSED', why })
      expect(await stranger.ended).toBe(42)
    }
    await leave(members)
    for (const each of members) expect(courseOf(each)).toEqual(['open', 'met', 'left'])
    // The one with another token came more than once.
    const told = members.map(({ said }) => said.filter(({ line }) => /has another/.test(`${line}`)))
    expect(told).toEqual([
      [expect.objectContaining({ line: 'somebody at 127.0.0.1 has another token' })],
      [],
    ])
  })

  it('give up where nobody serves them', async ({ onTestFinished }) => {
    const { start, port } = await town(onTestFinished, '2', { meetTimeoutMs: 1500 })
    const alone = start(1)
    expect(await alone.next('failed')).toMatchObject({
      code: 'TIMEOUT',
      why: `no meeting within 1500 ms: no coordinator at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
    })
    expect(await alone.ended).toBe(75)
  })

  it('grow and shrink', async ({ onTestFinished }) => {
    const { start } = await town(onTestFinished, '2:4', { graceMs: 1500 })
    const [zero, three] = [start(0), start(3)]
    for (const said of await met([zero, three]))
      expect(said).toMatchObject({ world: 2, members: [0, 3], sum: 5 })
    const [one, two] = [start(1), start(2)]
    // Whether the two come before the first of them has met is chance.
    for (const each of [zero, one, two, three]) while ((await each.next('met')).world !== 4);
    one.signal('SIGKILL')
    for (const [rank, said] of (await met([zero, two, three])).entries())
      expect(said).toMatchObject({ rank, world: 3, members: [0, 2, 3], sum: 8 })
    await leave([zero, two, three])
  })

  it('are not disturbed by strangers', async ({ onTestFinished }) => {
    const { start, port } = await town(onTestFinished, '2')
    const zero = start(0)
    await zero.next('open')
    const sockets = Array.from({ length: 100 }, () =>
      connect(port, '127.0.0.1').on('error', ignore),
    )
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    for (const [i, socket] of sockets.entries()) chatter(socket, i)
    const one = start(1)
    for (const said of await met([zero, one])) expect(said).toMatchObject({ sum: 3 })
    await Promise.all(sockets.map(ended))
    await leave([zero, one])
    for (const each of [zero, one]) expect(courseOf(each)).toEqual(['open', 'met', 'left'])
  })

  it('encrypt what they say where they have certificates', async ({ onTestFinished }) => {
    const tls = certificate(await temporaryFolder(onTestFinished), 'ours')
    const { start } = await town(onTestFinished, '2', { tls })
    const members = [start(0), start(1)]
    for (const said of await met(members)) expect(said).toMatchObject({ sum: 3 })
    await leave(members)
  })

  it('read their token from a file', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished)
    const NEBULIFT_TOKEN_FILE = join(folder, 'token')
    const { start } = await town(onTestFinished, '2', { meetTimeoutMs: 20_000 })
    const env = { NEBULIFT_TOKEN: '', NEBULIFT_TOKEN_FILE }
    const early = start(0, env)
    expect(await early.next('failed')).toMatchObject({
      code: 'BAD_ARGUMENT',
      why: expect.stringContaining(`the token cannot be read from ${NEBULIFT_TOKEN_FILE}: ENOENT`),
    })
    expect(await early.ended).toBe(42)
    await writeFile(NEBULIFT_TOKEN_FILE, 'secret\n')
    const members = [start(0, env), start(1, { NEBULIFT_TOKEN: 'secret' })]
    for (const said of await met(members)) expect(said).toMatchObject({ sum: 3 })
    await leave(members)
  })
})

type Four = [Process, Process, Process, Process]

/** What happened to it, without what it says while it waits. */
const courseOf = ({ said }: Process) =>
  said.map(({ event }) => event).filter((event) => event !== 'said')

const ignore = () => {}

/** Some say nothing, some nonsense, some what a browser says, some a handshake without end. */
function chatter(socket: Socket, i: number): void {
  const words = ['', '\0'.repeat(1000), 'GET / HTTP/1.1\r\n\r\n', 'NBH1', '{"type":"leave"}\n']
  socket.write(words[i % words.length]!)
}

function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.resume()
    socket.on('close', () => resolve())
    if (socket.destroyed) resolve()
  })
}
