import { readFileSync } from 'node:fs'

/** The largest resident size this process ever had, in bytes: exact on Linux, else the system's own figure. */
export function peakBytes(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    const kilobytes = status.match(/^VmHWM:\s+(\d+) kB$/m)?.[1]
    if (kilobytes) return Number(kilobytes) * 1024
  } catch {
    // No /proc here.
  }
  return process.resourceUsage().maxRSS * 1024
}
