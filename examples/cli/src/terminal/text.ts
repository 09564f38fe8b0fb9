import { stripVTControlCharacters } from 'node:util'

/** `850 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < 995) return `${Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** `512 bytes`, `1.4 MB` (powers of ten, as disks are sold). */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}

/** `1 frame`, `2 frames`. */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`
}

/** A short number: at most four significant digits, no exponent for everyday sizes. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value !== 0 && (Math.abs(value) < 0.001 || Math.abs(value) >= 1e7)) {
    return value.toExponential(2)
  }
  return String(Number(value.toPrecision(4)))
}

/** Text that cannot steer a terminal: control characters (a file name may hold any) become `?`. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}

const visibleLength = (text: string) => stripVTControlCharacters(text).length

/** Columns padded to their widest cell; `right` names the columns of numbers. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { right = [], indent = '' }: { right?: readonly number[]; indent?: string } = {},
): string {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...rows.map((row) => visibleLength(row[column] ?? ''))),
  )
  const pad = (cell: string, column: number) => {
    const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - visibleLength(cell)))
    return right.includes(column) ? space + cell : cell + space
  }
  return rows.map((row) => `${indent}${row.map(pad).join('  ')}`.trimEnd()).join('\n')
}
