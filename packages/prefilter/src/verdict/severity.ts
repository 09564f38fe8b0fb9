/** Causes from here on ruin the frame; from `NOTICE` on a person should look; below they only cost score. */
export const RUIN = 0.5
export const NOTICE = 0.3

/** Severity that grows linearly: `NOTICE` at the first value, `RUIN` at the second, within 0..1. */
export function severityBetween(value: number, notice: number, ruin: number): number {
  const severity = NOTICE + ((RUIN - NOTICE) * (value - notice)) / (ruin - notice)
  return Math.min(1, Math.max(0, severity))
}
