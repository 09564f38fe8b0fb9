import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeModel, type training } from '@nebulift/model'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { draft, writeSet } from '../dataset/sets.ts'
import { nebulift } from '../helpers.ts'
import { childrenOf, ended, freePort, runs, start, until } from '../processes.ts'

// A net of 16 channels at most learns nothing here: what counts is that processes do the same together as one alone.
const small = ['--width', '0.1', '--batch', '8', '--rate', '0.005', '--seed', '3']

let root: string
let set: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'nebulift-cluster-'))
  const drafts = Array.from({ length: 48 }, (_, i) =>
    draft(`frame-${i}`, {
      label: i % 2 ? 'clean' : 'contaminated',
      night: `night ${i % 6}`,
      evidence: [i / 48, 1],
    }),
  )
  set = await writeSet(join(root, 'set'), drafts)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const model = (name: string) => join(root, `${name}.onnx`)
const logOf = (name: string, folder = 'nodes'): training.TrainingEvent[] =>
  readFileSync(join(root, `${name}.training`, folder, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const stepsOf = (events: readonly training.TrainingEvent[]) =>
  events.flatMap((event) => (event.kind === 'step' ? [event.step] : []))
const lossesOf = (events: readonly training.TrainingEvent[]) =>
  events.flatMap((event) => (event.kind === 'step' ? [event.loss] : []))

describe('train --nodes', () => {
  const argv = (name: string, ...more: string[]) => [
    ...['train', set, '-o', model(name), '--epochs', '2', ...small, ...more],
  ]

  it('makes the steps that one process makes alone, and the same model files', async () => {
    const alone = await nebulift(argv('alone', '--passes', '4'))
    expect(alone).toMatchObject({ code: 0 })
    for (const nodes of ['2', '4']) {
      const name = `nodes${nodes}`
      const shared = await nebulift(argv(name, '--passes', '4', '--nodes', nodes, '--threads', '1'))
      expect(shared).toMatchObject({ code: 0 })
      const [wanted, got] = [logOf('alone', '.'), logOf(name)]
      expect(stepsOf(got)).toEqual(stepsOf(wanted))
      // Sums of float32 in another order, and what the steps make of that.
      const apart = lossesOf(wanted).map((loss, i) => Math.abs((lossesOf(got)[i] ?? 0) / loss - 1))
      expect(apart[0]).toBeLessThan(1e-6)
      expect(Math.max(...apart)).toBeLessThan(0.02)
      for (const end of ['.onnx', '.int8.onnx', '.card.md', '.training.html']) {
        expect(existsSync(join(root, name + end))).toBe(true)
      }
      expect(describeModel(readFileSync(model(name))).classes).toEqual(['clean', 'contaminated'])
    }
  })

  it('refuses passes that cannot be shared', async () => {
    const few = await nebulift(argv('few', '--nodes', '4', '--passes', '2'))
    expect(few).toMatchObject({
      code: 2,
      err: expect.stringContaining('4 processes need a pass each'),
    })
    const odd = await nebulift(argv('odd', '--nodes', '3'))
    expect(odd).toMatchObject({ code: 2, err: expect.stringContaining('--batch 8') })
    expect(odd.err).toContain('Hint: --batch 9')
  })

  it('stands on this machine, wherever the environment says that its user does', async () => {
    const elsewhere = {
      ...{ POD_IP: '10.99.0.1', JOB_COMPLETION_INDEX: '5', MIN_NODES: '1', PET_NNODES: '7' },
      NEBULIFT_TOKEN_FILE: '/nowhere',
    }
    const child = start(
      argv('elsewhere', '--epochs', '1', '--nodes', '2', '--threads', '1'),
      elsewhere,
    )
    expect(await ended(child)).toMatchObject({ code: 0 })
  })

  it('goes on when processes are killed, and makes each step', async () => {
    const long = ['--epochs', '8', '--nodes', '2', '--threads', '1']
    const child = start(argv('killed', ...long))
    const whole = ended(child)
    for (const victim of [1, 0]) {
      const before = existsSync(join(root, 'killed.training')) ? stepsDone('killed') : 0
      expect(await until(() => childrenOf(child.pid).length === 2)).toBe(true)
      expect(await until(() => stepsDone('killed') > before)).toBe(true)
      const pids = childrenOf(child.pid).sort((a, b) => a - b)
      process.kill(pids[victim]!, 'SIGKILL')
      await until(() => !runs(pids[victim]!))
    }
    const { code, err } = await whole
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(err.match(/another takes its place/g)).toHaveLength(2)
    const last = Math.max(...stepsOf(logOf('killed')))
    expect(last + 1).toBe(8 * Math.floor(trainExamples() / 8))
    expect(existsSync(model('killed'))).toBe(true)
  })

  it('leaves no process behind when it is killed itself', async () => {
    const child = start(argv('orphans', '--epochs', '50', '--nodes', '2', '--threads', '1'))
    expect(await until(() => stepsDone('orphans') > 0)).toBe(true)
    const pids = childrenOf(child.pid)
    expect(pids).toHaveLength(2)
    child.kill('SIGKILL')
    expect(await until(() => !pids.some(runs))).toBe(true)
  })

  it('stops at Ctrl-C with a checkpoint, and goes on from there', async () => {
    const all = argv('stopped', '--epochs', '6', '--nodes', '2', '--threads', '1')
    const child = start(all)
    const whole = ended(child)
    expect(await until(() => stepsDone('stopped') > 0)).toBe(true)
    child.kill('SIGINT')
    expect(await whole).toMatchObject({ code: 130, err: expect.stringContaining('run the same') })
    const again = await nebulift(all)
    expect(again).toMatchObject({ code: 0 })
    expect(again.err).toMatch(/going on after step [1-9]/)
    const steps = stepsOf(logOf('stopped'))
    expect(steps).toEqual(steps.map((_, i) => i))
  })

  function stepsDone(name: string): number {
    try {
      return logOf(name).filter(({ kind }) => kind === 'epoch').length
    } catch {
      return 0
    }
  }

  function trainExamples(): number {
    const begun = logOf('killed').find((event) => event.kind === 'start')
    return begun?.trainExamples ?? Number.NaN
  }
})

describe('worker', () => {
  let name = 'worker'
  let count = 0
  beforeEach(() => {
    name = `worker${count++}`
  })
  const argv = (...more: string[]) => [
    ...['worker', set, '-o', model(name), '--epochs', '1', ...small, ...more],
  ]
  const place = async (env: NodeJS.ProcessEnv = {}) => ({
    ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(await freePort()), WORLD_SIZE: '2' },
    ...{ NEBULIFT_RING_PORT: '0', NEBULIFT_TOKEN: 'a secret of two', ...env },
  })

  it('trains with the others, and index 0 writes the model; metrics are served meanwhile', async () => {
    const env = await place()
    const port = String(await freePort())
    const leader = start(argv('--metrics-port', port), { ...env, JOB_COMPLETION_INDEX: '0' })
    const other = start(argv(), { ...env, PET_NODE_RANK: '1' })
    const both = Promise.all([ended(leader), ended(other)])
    let text = ''
    const seen = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
      text = (await answer?.text()) ?? text
      return /nebulift_world_size\S* 2/.test(text)
    }
    let done = false
    both.then(() => {
      done = true
    })
    while (!done && !(await seen())) await new Promise((next) => setTimeout(next, 20))
    const [first, second] = await both
    expect(first).toMatchObject({ code: 0 })
    expect(second).toMatchObject({ code: 0 })
    expect(text).toMatch(/nebulift_world_size\S* 2/)
    expect(first.out).toContain('## Limits')
    expect(existsSync(model(name))).toBe(true)
  })

  it.each([
    ['a rank that is none', { RANK: '7' }, [], 42, /RANK.*7/],
    ['another number of processes', { RANK: 'two' }, [], 42, /RANK.*two/],
    ['no token', { RANK: '0', NEBULIFT_TOKEN: '' }, [], 42, /NEBULIFT_TOKEN/],
    ['nobody at index 0', { RANK: '1' }, ['--wait', '2'], 75, /127\.0\.0\.1:\d+/],
  ])('%s: one line and the right exit code', async (_, env, more, code, line) => {
    const found = await ended(start(argv(...more), await place(env)))
    expect(found).toMatchObject({ code, err: expect.stringMatching(line) })
    expect(found.err.match(/error:/g)).toHaveLength(1)
    expect(found.err).not.toMatch(/ at .*\.ts:/)
  })

  it('a data set that is not there is a mistake', async () => {
    const argv = ['worker', '/nowhere', '-o', model('nowhere')]
    const found = await nebulift(argv, { env: { ...(await place()), RANK: '0' } as never })
    expect(found).toMatchObject({ code: 42, err: expect.stringContaining('/nowhere') })
  })

  it('a stranger without the token is refused, and another takes its place', async () => {
    const env = await place()
    const leader = start(argv(), { ...env, RANK: '0' })
    const both = ended(leader)
    const stranger = await ended(start(argv(), { ...env, RANK: '1', NEBULIFT_TOKEN: 'a guess' }))
    expect(stranger).toMatchObject({ code: 42, err: expect.stringContaining('token') })
    const friend = ended(start(argv(), { ...env, RANK: '1' }))
    expect(await friend).toMatchObject({ code: 0 })
    expect(await both).toMatchObject({ code: 0 })
  })

  it('SIGTERM: a checkpoint and exit code 0, while the others wait for another in its place', async () => {
    const env = await place()
    const folder = join(root, 'term')
    const more = ['--epochs', '300', '--checkpoint-dir', folder]
    const rank = (n: number) => start(argv(...more), { ...env, RANK: String(n) })
    const [leader, other] = [rank(0), rank(1)]
    const ends = [leader, other].map(ended)
    expect(await until(() => existsSync(join(folder, 'step-0000000004.state')))).toBe(true)
    other.kill('SIGTERM')
    expect(await ends[1]).toMatchObject({ code: 0, err: expect.stringContaining('stopped') })
    expect(runs(leader.pid!)).toBe(true)
    const again = rank(1)
    const against = ended(again)
    const done = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.state'))
        .sort()
        .at(-1)
    const before = done()!
    expect(await until(() => done()! > before)).toBe(true)
    for (const each of [leader, again]) each.kill('SIGTERM')
    expect(await ends[0]).toMatchObject({ code: 0 })
    expect(await against).toMatchObject({ code: 0 })
  })

  it('index 0 ends alone what was only left to be written', async () => {
    const env = await place()
    const more = ['--checkpoint-dir', join(root, 'alone')]
    const both = [0, 1].map((n) => ended(start(argv(...more), { ...env, RANK: String(n) })))
    for (const end of both) expect(await end).toMatchObject({ code: 0 })
    const before = readFileSync(model(name))
    for (const file of [join(root, 'alone', 'finished.json'), model(name)]) rmSync(file)
    const alone = await ended(start(argv(...more), { ...env, RANK: '0' }))
    expect(alone).toMatchObject({ code: 0 })
    expect(readFileSync(model(name)).equals(before)).toBe(true)
    const late = await ended(start(argv(...more), { ...env, RANK: '1' }))
    expect(late).toMatchObject({ code: 0, err: expect.stringContaining('finished already') })
  })
})
