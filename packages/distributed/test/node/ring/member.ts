// A rank in a process of its own. Told { connect } it joins a generation, told { loop } it sums until that is over.
import type { Collective } from '../../../src/collective.ts'
import { listenRing } from '../../../src/node/ring.ts'

const idleTimeoutMs = Number(process.argv[2])
const ring = await listenRing({ host: '127.0.0.1', token: 'of the tests', idleTimeoutMs })
let collective: Collective

/** To whoever started this process, while they listen. */
const tell = (message: object) => process.connected && process.send?.(message)

async function loop(): Promise<void> {
  const { world } = collective
  const data = collective.allocate(50_000)
  for (let step = 0; ; step++) {
    data.fill(step % 100)
    try {
      await collective.allReduce(data, { step })
    } catch {
      return
    }
    if (!data.every((value) => value === world * (step % 100))) tell({ wrong: step })
    if (step % 20 === 0) tell({ step })
  }
}

process.on('message', async ({ connect, looping }) => {
  if (connect) {
    collective = await ring.connect(connect)
    const { signal } = collective
    signal.addEventListener('abort', () => tell({ over: signal.reason.message }))
    tell({ connected: true })
  }
  if (looping) await loop()
})
process.on('disconnect', () => ring.close())
tell({ port: ring.port })
