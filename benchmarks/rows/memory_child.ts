// Judges one frame and prints the largest resident size this process ever had, in bytes.
import { readFileSync } from 'node:fs'
import { judgeFile } from 'nebulift'

/** Linux counts it exactly; elsewhere the system's own figure, in kilobytes, does. */
function peakBytes(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    const kilobytes = status.match(/^VmHWM:\s+(\d+) kB$/m)?.[1]
    if (kilobytes) return Number(kilobytes) * 1024
  } catch {
    // No /proc here.
  }
  return process.resourceUsage().maxRSS * 1024
}

await judgeFile(process.argv[2])
process.stdout.write(String(peakBytes()))
