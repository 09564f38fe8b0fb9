import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

function numberIn(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function namesIn(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder).filter((name) => pattern.test(name))
  } catch {
    return []
  }
}

/**
 * Clock and temperature as the system tells them; `undefined` where it tells neither. A small board that gets
 * hot lowers its clock, and then its figures are those of its cooling.
 */
export function condition(): string | undefined {
  const zones = '/sys/class/thermal'
  const degrees = namesIn(zones, /^thermal_zone\d+$/).flatMap((zone) => {
    const thousandths = numberIn(join(zones, zone, 'temp'))
    return thousandths === undefined ? [] : [thousandths / 1000]
  })
  const processors = '/sys/devices/system/cpu'
  const clocks = namesIn(processors, /^cpu\d+$/).flatMap((cpu) => {
    const now = numberIn(join(processors, cpu, 'cpufreq/scaling_cur_freq'))
    const most = numberIn(join(processors, cpu, 'cpufreq/cpuinfo_max_freq'))
    return now === undefined ? [] : [{ now, most: most ?? now }]
  })
  const parts: string[] = []
  if (clocks.length > 0) {
    const slowest = clocks.reduce((a, b) => (b.now < a.now ? b : a))
    const [now, most] = [slowest.now, slowest.most].map((kHz) => (kHz / 1e6).toFixed(2))
    parts.push(`slowest core at ${now} of ${most} GHz`)
  }
  if (degrees.length > 0) parts.push(`${Math.max(...degrees).toFixed(0)} °C`)
  return parts.length > 0 ? parts.join(', ') : undefined
}
