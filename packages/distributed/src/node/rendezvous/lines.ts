import type { Socket } from 'node:net'

/** The longest line: a meeting of a thousand members is shorter. */
export const longestLineBytes = 256 * 1024
/** What a peer may leave unread before it is given up. */
const longestBacklogBytes = 1024 * 1024
const newline = 10

/** JSON over a connection, a line each. */
export interface Lines {
  send(value: unknown): void
  /** After what was sent; whoever does not read it is cut off a second later. Nothing more is heard. */
  close(): void
}

/** What comes over a connection. */
export interface LineEvents {
  /** Returns whether it knows what to do with it; otherwise the connection is lost. */
  onValue(value: unknown): boolean
  /** At most once, and nothing after; not after `close`. */
  onLost(reason: string): void
}

/** Speaks JSON lines over a socket that is connected already. */
export function openLines(socket: Socket, { onValue, onLost }: LineEvents): Lines {
  let open = true
  let rest: Buffer[] = []
  let restBytes = 0
  const lose = (reason: string) => {
    if (!open) return
    open = false
    socket.destroy()
    onLost(reason)
  }
  const take = (line: Buffer) => {
    if (!open) return
    const value = parse(line)
    if (value === undefined || !onValue(value)) lose(`it sent nonsense: ${show(line)}`)
  }
  socket.on('data', (bytes: Buffer) => {
    let from = 0
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
      take(Buffer.concat([...rest, bytes.subarray(from, at)]))
      rest = []
      restBytes = 0
      from = at + 1
    }
    if (from < bytes.length) rest.push(bytes.subarray(from))
    restBytes += bytes.length - from
    if (restBytes > longestLineBytes) lose(`it sent a line of more than ${longestLineBytes} bytes`)
  })
  socket.on('end', () => lose('the connection closed'))
  socket.on('close', () => lose('the connection closed'))
  socket.on('error', (error) => lose(error.message))
  return {
    send: (value) => {
      if (!open) return
      socket.write(`${JSON.stringify(value)}\n`)
      // Its `error` comes later: nobody loses a connection while sending.
      if (socket.writableLength > longestBacklogBytes) socket.destroy(new Error('it does not read'))
    },
    close: () => {
      if (!open) return
      open = false
      socket.end()
      setTimeout(() => socket.destroy(), 1000).unref()
    },
  }
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'))
  } catch {
    return undefined
  }
}

function show(line: Buffer): string {
  return JSON.stringify(line.subarray(0, 60).toString('latin1'))
}
