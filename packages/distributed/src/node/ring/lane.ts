import type { Socket } from 'node:net'
import { Engine, type EngineOptions } from './engine.ts'
import type { Inlet, Sink } from './links.ts'

export interface LaneOptions extends Omit<EngineOptions, 'send' | 'onWanted'> {
  onSent(bytes: number): void
  onReceived(bytes: number): void
}

/** One connection to each neighbour, and what travels over them. */
export class Lane {
  readonly engine: Engine
  /** For the connection to the left neighbour. */
  readonly sink: Sink
  left: Inlet | undefined
  right: Socket | undefined

  constructor(options: LaneOptions) {
    const { onSent, onReceived, ...rest } = options
    this.engine = new Engine({
      ...rest,
      send: (header, payload, onWritten) => {
        onSent(header.length + payload.length)
        this.#send([header, payload], onWritten)
      },
      onWanted: () => this.left?.resume(),
    })
    this.sink = {
      target: () => this.engine.target(),
      received: (count) => {
        onReceived(count)
        return this.engine.received(count)
      },
    }
  }

  get isConnected(): boolean {
    return this.left !== undefined && this.right !== undefined
  }

  /** What waits to be sent tells as much. */
  beat(): void {
    if (this.right?.writableLength === 0) this.engine.beat()
  }

  close(): void {
    this.left?.socket.destroy()
    this.right?.destroy()
  }

  #send([header, payload]: readonly [Uint8Array, Uint8Array], onWritten: () => void): void {
    const socket = this.right
    if (!socket) return
    const onEnd = (error?: Error | null) => error || onWritten()
    socket.cork()
    if (payload.length > 0) socket.write(header)
    socket.write(payload.length > 0 ? payload : header, onEnd)
    socket.uncork()
  }
}
