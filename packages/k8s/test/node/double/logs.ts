import type { Log } from './processes.ts'
import { Refused } from './refused.ts'
import type { Asked } from './server.ts'
import type { PodObject } from './types.ts'

/** What `kubectl logs` asks for. */
export function sendLog({ query, response }: Asked, pod: PodObject, log: Log | undefined): void {
  const [container] = pod.spec.containers
  const wanted = query.get('container') ?? container?.name
  if (!pod.spec.containers.some(({ name }) => name === wanted)) {
    throw new Refused(
      400,
      'BadRequest',
      `container ${wanted} is not valid for pod ${pod.metadata.name}`,
    )
  }
  if (!log) {
    const message = `container "${wanted}" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`
    throw new Refused(400, 'BadRequest', message)
  }
  const times = query.get('timestamps') === 'true'
  // Cut to whole seconds, as the API does with all of its times.
  const since = query.get('sinceTime')?.slice(0, 19) ?? ''
  const tail = query.get('tailLines')
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.flushHeaders()
  const first = log.entries.filter(({ time }) => time >= since)
  let sent =
    log.entries.length - (tail === null ? first.length : Math.min(first.length, Number(tail)))
  const send = () => {
    for (; sent < log.entries.length; sent++) {
      const { time, text } = log.entries[sent] as Log['entries'][number]
      response.write(`${times ? `${time} ` : ''}${text}\n`)
    }
    if (log.ended) response.end()
  }
  send()
  if (query.get('follow') !== 'true') {
    response.end()
    return
  }
  const stop = log.listen(send)
  response.once('close', stop)
}
