import { dirname } from 'node:path/posix'

/** A frame as far as its night is concerned. */
export interface Dated {
  /** Path relative to the folder searched, with `/`. */
  readonly file: string
  /** Middle of the exposure, milliseconds since 1970 UTC. */
  readonly timeMs?: number | undefined
}

/** Frames further apart than this belong to different nights, wherever on Earth they were taken. */
const pauseMs = 6 * 3600_000

/**
 * Names the night of each frame: by the pauses between frames, since no date line fits all observatories. Frames without
 * a time belong to the night of their folder.
 */
export function nightsOf(frames: readonly Dated[]): string[] {
  const names = new Array<string>(frames.length)
  const used = new Set<string>()
  const dated = frames.flatMap(({ timeMs }, i) => (timeMs === undefined ? [] : [{ timeMs, i }]))
  let last = Number.NEGATIVE_INFINITY
  let name = ''
  for (const { timeMs, i } of dated.sort((a, b) => a.timeMs - b.timeMs)) {
    if (timeMs - last > pauseMs) name = unused(new Date(timeMs).toISOString().slice(0, 10), used)
    names[i] = name
    last = timeMs
  }
  return frames.map(({ file }, i) => names[i] ?? `undated ${dirname(file)}`)
}

function unused(wanted: string, used: Set<string>): string {
  let name = wanted
  for (let n = 2; used.has(name); n++) name = `${wanted} (${n})`
  used.add(name)
  return name
}
