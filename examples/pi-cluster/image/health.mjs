// node health.mjs PORT: ends with 1 where the trainer says that it is not well, or says nothing in time. Where nobody
// listens there is nothing to ask (a judge; a trainer without --metrics-port): such a process is well while it runs.
import process from 'node:process'

const [, , port] = process.argv
try {
  const signal = AbortSignal.timeout(3000)
  const { ok } = await fetch(`http://127.0.0.1:${port}/healthz`, { signal })
  process.exitCode = ok ? 0 : 1
} catch (error) {
  process.exitCode = error.cause?.code === 'ECONNREFUSED' ? 0 : 1
}
