import { connect, createServer, type Socket } from 'node:net'
import type { Draw } from '../../src/random.ts'

/** A cable that can be asked to change one bit. */
export interface DamagingProxy {
  /** Of the next piece that the far side sends. Resolves when it is done. */
  flip(draw: Draw): Promise<void>
  close(): Promise<void>
}

interface Ends {
  readonly from: { readonly host: string; readonly port: number }
  readonly to: { readonly host: string; readonly port: number }
}

export async function openProxy({ from, to }: Ends): Promise<DamagingProxy> {
  const sockets = new Set<Socket>()
  let flipping: { readonly draw: Draw; done(): void } | undefined
  const damage = (bytes: Buffer): Buffer => {
    if (!flipping) return bytes
    const { draw, done } = flipping
    flipping = undefined
    bytes[draw() % bytes.length] ^= 1 << (draw() % 8)
    done()
    return bytes
  }
  const pass = (near: Socket, far: Socket, change: (bytes: Buffer) => Buffer) => {
    sockets.add(near)
    near.on('data', (bytes) => {
      if (!far.write(change(bytes))) near.pause()
    })
    far.on('drain', () => near.resume())
    near.on('error', () => near.destroy())
    near.on('close', () => {
      sockets.delete(near)
      far.destroy()
    })
  }
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...to, noDelay: true })
    pass(near, far, (bytes) => bytes)
    pass(far, near, damage)
  })
  await new Promise<void>((resolve) => server.listen(from, resolve))
  return {
    flip: (draw) => new Promise((done) => (flipping = { draw, done })),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
