import { parentPort, workerData } from 'node:worker_threads'
import { reasonOf } from '../../reasonOf.ts'
import { type Door, openDoor } from './door.ts'
import { Generation } from './generation.ts'
import type { News, Order, RingData } from './messages.ts'

// The thread of the ring: it goes on sending and receiving while the program computes.

const data: RingData = workerData
const tell = (news: News) => parentPort?.postMessage(news)
let current: { readonly number: number; readonly generation: Generation } | undefined

function connect(door: Door, { place, memory }: Extract<Order, { type: 'connect' }>): void {
  current?.generation.drop()
  const { generation: number } = place
  const generation: Generation = new Generation({
    ...{ ...place, memory, door },
    ...{ token: data.token, tls: data.tls, local: data.local, idleTimeoutMs: data.idleTimeoutMs },
    onConnected: () => tell({ type: 'connected', generation: number }),
    onDone: ({ id }, result) =>
      tell({ type: 'done', generation: number, id, result, traffic: { ...generation.traffic } }),
    onAborted: (message) => tell({ type: 'aborted', generation: number, message }),
  })
  current = { number, generation }
}

function obey(door: Door, order: Order): void {
  if (order.type === 'connect') connect(door, order)
  else if (current?.number !== order.generation) return
  else if (order.type === 'start') current.generation.start(order.request)
  else current.generation.drop()
}

try {
  const door = await openDoor(data)
  parentPort?.on('message', (order: Order) => obey(door, order))
  tell({ type: 'listening', address: { host: door.host, port: door.port } })
} catch (error) {
  const { code } = error as NodeJS.ErrnoException
  tell({ type: 'failed', message: reasonOf(error), code })
}
