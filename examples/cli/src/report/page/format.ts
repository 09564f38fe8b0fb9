/** A number with about three significant digits, never in exponent form below a billion. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 1e9) return value.toExponential(2)
  if (size >= 1000) return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f')
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return trimZeros(value.toFixed(1))
  if (size >= 0.01 || size === 0) return trimZeros(value.toFixed(2))
  return trimZeros(value.toPrecision(2))
}

function trimZeros(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text
}

/** A number with a fixed count of decimals, or a dash where nothing was measured. */
export function formatFixed(value: number | undefined, decimals: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(decimals)
}

/** A share of one as a whole percentage. */
export function formatPercent(share: number | null): string {
  return share !== null && Number.isFinite(share) ? `${Math.round(share * 100)}\u202f%` : '–'
}

/** Seconds as hours and minutes, or minutes and seconds where shorter than an hour. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds)
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`
  if (minutes > 0)
    return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${String(whole % 60)} s`
  return `${whole} s`
}

/** The zone in which times are told. */
export type Zone = 'utc' | 'local'

/** A moment taken apart in a zone. `day` counts whole days, so that equal days compare equal. */
export interface Clock {
  readonly date: string
  readonly time: string
  readonly seconds: string
}

const two = (value: number) => String(value).padStart(2, '0')

/** Date `2026-11-03`, time `21:04` and seconds of a moment; milliseconds since 1970 UTC. */
export function clockOf(timeMs: number, zone: Zone): Clock {
  const moment = new Date(timeMs)
  if (Number.isNaN(moment.getTime())) return { date: '–', time: '–', seconds: '' }
  const shift = zone === 'utc' ? 0 : -moment.getTimezoneOffset() * 60_000
  const shown = new Date(timeMs + shift)
  return {
    date: shown.toISOString().slice(0, 10),
    time: `${two(shown.getUTCHours())}:${two(shown.getUTCMinutes())}`,
    seconds: two(shown.getUTCSeconds()),
  }
}

/** `2026-11-03 21:04:33 UTC`, or without the zone's name in local time. */
export function formatMoment(timeMs: number, zone: Zone): string {
  const clock = clockOf(timeMs, zone)
  return `${clock.date} ${clock.time}:${clock.seconds}${zone === 'utc' ? ' UTC' : ''}`
}
