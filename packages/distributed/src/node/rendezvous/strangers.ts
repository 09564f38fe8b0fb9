import { performance } from 'node:perf_hooks'

/** Whoever has another token comes again and again, and there may be many. */
const quietMs = 60_000

/** Says of each stranger once that it has another token, and no more than one line a minute. */
export function tellOfStrangers(
  say: (line: string) => void,
  now: () => number = () => performance.now(),
): (host: string) => void {
  const told = new Set<string>()
  let toldMs = Number.NEGATIVE_INFINITY
  return (host) => {
    if (told.has(host) || now() - toldMs < quietMs) return
    told.add(host)
    toldMs = now()
    say(`somebody at ${host} has another token`)
  }
}
