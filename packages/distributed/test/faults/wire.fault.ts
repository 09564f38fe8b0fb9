import { connect, type Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { random } from '../../src/random.ts'
import {
  type Cost,
  costOf,
  expectNothingRepeated,
  expectWholeHistory,
  reached,
  report,
  undisturbedHashes,
} from './history.ts'
import { type Berth, freePort, startTraining, type Training } from './processes.ts'
import { type DamagingProxy, openProxy } from './proxy.ts'
import type { TrainerSettings } from './trainer.ts'

let hashes: readonly number[]
let training: Training | undefined
let proxy: DamagingProxy | undefined
const strangers = new Set<Socket>()
beforeAll(async () => {
  hashes = await undisturbedHashes()
})
afterEach(async () => {
  await training?.close()
  await proxy?.close()
  for (const socket of strangers) socket.destroy()
})

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** Known ports, on this machine only. */
const bound = (port: number, more: Partial<TrainerSettings> = {}): Berth => ({
  env: { NEBULIFT_RING_PORT: String(port) },
  settings: { bind: '127.0.0.1', ...more },
})

describe('what comes over the wire', () => {
  it('damaged in one bit, ten times: that generation ends, the next one goes on', async () => {
    const port = await freePort()
    // Index 1 says that it is where the proxy is.
    const from = { host: '127.0.0.2', port }
    const cable = await openProxy({ from, to: { host: '127.0.0.1', port } })
    proxy = cable
    training = await startTraining({
      berth: (index) => {
        if (index !== 1) return {}
        const { env, ...berth } = bound(port)
        return { ...berth, env: { ...env, POD_IP: from.host } }
      },
    })
    const it = training
    const draw = random(7, 0)
    const costs: Cost[] = []
    const flips = 10
    for (let flip = 0; flip < flips; flip++) {
      await it.told(reached(10 * flip + 5 + (draw() % 5)))
      const atMs = Date.now()
      await cable.flip(draw)
      costs.push(await costOf(it, atMs))
    }
    await it.finished
    expectWholeHistory(it, hashes)
    expectNothingRepeated(it)
    expect(it.exits.length).toBe(3)
    expect(Math.max(...it.lines.map(({ generation = 0 }) => generation))).toBe(flips + 1)
    const noticed = it.lines.filter(({ message }) =>
      message?.includes('does not fit: CRC-32C of a'),
    )
    expect(new Set(noticed.map(({ generation }) => generation)).size).toBe(flips)
    report(`one bit of a frame, ${flips} times`, costs)
    for (const { goingOn } of costs) expect(goingOn).toBeLessThan(10)
  })

  it('from strangers, and from one of another token: nobody minds', async () => {
    const ports = await Promise.all([freePort(), freePort(), freePort()])
    // Slow enough that they all come while it goes on.
    training = await startTraining({
      berth: (index) => bound(ports[index], { pauseMs: 25 }),
    })
    const it = training
    const draw = random(8, 0)
    it.another(1, { env: { NEBULIFT_TOKEN: 'of somebody else' } })
    await it.told(reached(20))
    const nonsense = () => Buffer.from(Uint8Array.from({ length: 5000 }, () => draw()))
    const words = [
      Buffer.alloc(0),
      Buffer.from('GET / HTTP/1.1\r\nHost: trainer\r\n\r\n'),
      Buffer.from('NBH1'),
      // A handshake whose proof is wrong.
      Buffer.concat([Buffer.from('NBH1'), nonsense().subarray(0, 64)]),
    ]
    let heard = 0
    for (let round = 0; round < 40; round++) {
      for (const port of [it.port, ...ports]) {
        const socket = connect(port, '127.0.0.1')
        strangers.add(socket)
        socket.on('error', () => {})
        socket.on('data', () => heard++)
        socket.write(words[round % 5] ?? nonsense())
      }
      await sleep(50)
    }
    const refused = await it.told(({ kind }) => kind === 'error')
    expect(refused.message).toContain('no coordinator at')
    await it.finished
    while (it.exits.length < 4) await sleep(50)
    expectWholeHistory(it, hashes)
    expect(it.lines.filter(({ kind }) => kind === 'meeting').length).toBe(3)
    expect(it.exits.find(({ pid }) => pid === refused.pid)?.how).toBe(42)
    // The coordinator greets whoever says the first word, and nobody hears more.
    expect(heard).toBeGreaterThan(0)
  })
})
