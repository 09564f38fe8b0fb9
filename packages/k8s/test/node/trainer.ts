// What the pods of the tests run: ranks that find each other, say so, and do what files in a folder tell them.
// PLAN: a folder. `end`: all end well; `exit-<rank>`: that rank ends with the code in it, once.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

const {
  JOB_COMPLETION_INDEX,
  MASTER_ADDR = '',
  MASTER_PORT = '29500',
  POD_IP = '',
  PLAN = '',
} = process.env
const rank = Number(JOB_COMPLETION_INDEX)
const say = (text: string) => process.stdout.write(`${text}\n`)
const peers = new Set<Socket>()
let world = 0

function told(size: number): void {
  if (size !== world) say(`world ${size}`)
  world = size
}

function lead(): void {
  const tell = () => {
    told(peers.size + 1)
    for (const peer of peers) peer.write(`${peers.size + 1}\n`)
  }
  const server = createServer((socket) => {
    peers.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      peers.delete(socket)
      tell()
    })
    tell()
  })
  server.listen(Number(MASTER_PORT), POD_IP, tell)
}

function follow(): void {
  const socket = connect(Number(MASTER_PORT), MASTER_ADDR)
  socket.on('data', (bytes) => {
    for (const size of bytes.toString().trim().split('\n')) told(Number(size))
  })
  socket.on('error', () => {})
  socket.on('close', () => setTimeout(follow, 20))
}

process.on('SIGTERM', () => {
  say('checkpoint written')
  process.exit(143)
})
say(`rank ${rank} starts`)
if (rank === 0) lead()
else follow()
setInterval(() => {
  const code = join(PLAN, `exit-${rank}`)
  if (existsSync(code)) {
    const text = readFileSync(code, 'utf8')
    rmSync(code)
    say(`rank ${rank} exits with ${text}`)
    process.exit(Number(text))
  }
  if (!existsSync(join(PLAN, 'end'))) return
  say(`rank ${rank} is done`)
  process.exit(0)
}, 10)
