import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

type Message = Readonly<Record<string, unknown>>

/** A rank in a process, and everything it said. */
interface Member {
  readonly child: ChildProcess
  tell(message: unknown): void
  /** Resolves with the next message that has this field, and its value. */
  next<Value>(field: string): Promise<Value>
}

const children: ChildProcess[] = []
afterEach(async () => {
  await Promise.all(
    children.splice(0).map((child) => {
      if (child.exitCode !== null || child.signalCode !== null) return undefined
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      return ended
    }),
  )
})

function start(idleTimeoutMs: number): Member {
  const execArgv = ['--conditions=@nebulift/source']
  const script = join(import.meta.dirname, 'member.ts')
  const child = fork(script, [String(idleTimeoutMs)], { execArgv })
  children.push(child)
  const wishes: { field: string; resolve: (value: never) => void }[] = []
  const unread: Message[] = []
  child.on('message', (message: Message) => {
    if (message.wrong !== undefined) throw new Error(`wrong sum in step ${message.wrong}`)
    const wish = wishes.findIndex(({ field }) => field in message)
    if (wish < 0) unread.push(message)
    else for (const { field, resolve } of wishes.splice(wish, 1)) resolve(message[field] as never)
  })
  return {
    child,
    tell: (message) => child.send(message as object),
    next: <Value>(field: string) => {
      const i = unread.findIndex((message) => field in message)
      if (i >= 0) return Promise.resolve(unread.splice(i, 1)[0]?.[field] as Value)
      return new Promise<Value>((resolve) => wishes.push({ field, resolve }))
    },
  }
}

const ports = new Map<Member, number>()

/** The members meet, as ranks in this order. */
async function meet(members: readonly Member[], generation: number): Promise<void> {
  for (const member of members)
    if (!ports.has(member)) ports.set(member, await member.next<number>('port'))
  const peers = members.map((member) => ({ host: '127.0.0.1', port: ports.get(member) }))
  for (const [rank, { tell }] of members.entries())
    tell({ connect: { rank, world: members.length, generation, peers } })
  await Promise.all(members.map(({ next }) => next('connected')))
}

const startAll = (count: number, idleTimeoutMs: number) =>
  Array.from({ length: count }, () => start(idleTimeoutMs))

const loop = async (members: readonly Member[]) => {
  for (const { tell } of members) tell({ looping: true })
  await Promise.all(members.map(({ next }) => next('step')))
}

describe('a ring of processes', () => {
  it('ends at once when one is killed; those left go on in a new one', async () => {
    const members = startAll(3, 60_000)
    await meet(members, 1)
    await loop(members)
    const [first, second, third] = members
    second.child.kill('SIGKILL')
    const reasons = await Promise.all([first, third].map(({ next }) => next<string>('over')))
    for (const reason of reasons) expect(reason).toMatch(/^generation 1: lost rank \d \(127/)
    expect(reasons.some((reason) => reason.includes('rank 1'))).toBe(true)
    await meet([first, third], 2)
    await loop([first, third])
  })

  it('ends when one is killed while nothing is under way', async () => {
    const members = startAll(3, 60_000)
    await meet(members, 1)
    members[2].child.kill('SIGKILL')
    const reasons = await Promise.all(members.slice(0, 2).map(({ next }) => next<string>('over')))
    for (const reason of reasons) expect(reason).toContain('lost rank')
  })

  it('ends when one stands still for longer than may be, and that one learns of it', async () => {
    const members = startAll(3, 2000)
    await meet(members, 1)
    await loop(members)
    const [first, second, third] = members
    second.child.kill('SIGSTOP')
    const reasons = await Promise.all([first, third].map(({ next }) => next<string>('over')))
    expect(reasons.some((reason) => /rank 1 .+ was silent for 2000 ms/.test(reason))).toBe(true)
    second.child.kill('SIGCONT')
    expect(await second.next<string>('over')).toContain('lost rank')
  })

  it('goes on when one stands still for a moment, or has nothing to sum for long', async () => {
    const members = startAll(2, 4000)
    await meet(members, 1)
    await loop(members)
    members[0].child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    members[0].child.kill('SIGCONT')
    for (const { next } of members) for (let i = 0; i < 3; i++) await next('step')
    // One that computes is not silent: its thread says that it lives.
    const [slow, waiting] = startAll(2, 500)
    await meet([slow, waiting], 1)
    waiting.tell({ looping: true })
    await new Promise((resolve) => setTimeout(resolve, 2000))
    slow.tell({ looping: true })
    await Promise.all([slow, waiting].map(({ next }) => next('step')))
  })

  it('leaves no process behind', async () => {
    const members = startAll(2, 60_000)
    await meet(members, 1)
    await loop(members)
    const ended = members.map(({ child }) => new Promise((resolve) => child.once('exit', resolve)))
    for (const { child } of members) child.disconnect()
    expect(await Promise.all(ended)).toEqual([0, 0])
  })
})
