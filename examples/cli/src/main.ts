import process from 'node:process'
import { errorCode } from './errors.ts'
import type { TextSink } from './io.ts'
import { run } from './run.ts'

/** The process's own streams; a reader that went away (`| head`) ends the work without a word. */
function quietSink(stream: NodeJS.WriteStream, onClosed: () => void): TextSink {
  let closed = false
  stream.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error
    closed = true
    onClosed()
  })
  return {
    write: (text) => (closed ? false : stream.write(text)),
    get isTTY() {
      return stream.isTTY
    },
    get columns() {
      return stream.columns
    },
  }
}

// Before worker threads start, whose environments are copies: see `withoutTelemetry` of @nebulift/model.
process.env.ORT_DISABLE_TELEMETRY ??= '1'

const stop = new AbortController()
let readerGone = false
const onClosed = () => {
  readerGone = true
  stop.abort()
}
process.on('SIGINT', () => {
  // The second time somebody is in a hurry: books and files are safe at any moment.
  if (stop.signal.aborted) process.exit(130)
  stop.abort()
})
process.on('SIGTERM', () => stop.abort())

// Whoever started this process and listens to it has gone: nobody wants the work any more.
process.on('disconnect', () => stop.abort())
process.channel?.unref()

const code = await run(process.argv.slice(2), {
  stdout: quietSink(process.stdout, onClosed),
  stderr: quietSink(process.stderr, onClosed),
  env: process.env,
  signal: stop.signal,
  ...(process.connected && { parent: (message) => void process.send?.(message) }),
})
process.exitCode = readerGone ? 0 : code
