import process from 'node:process'
import type { CommandContext } from '../commands/context.ts'
import { validate } from '../simulation/validate.ts'
import { formatDuration } from '../terminal/text.ts'

/** Options as they were typed. */
export interface ValidateFlags {
  readonly json?: boolean
}

/** The work of `nebulift validate`. */
export async function validateInstallation(
  { io, terminal }: CommandContext,
  { json = false }: ValidateFlags,
): Promise<number> {
  if (!json) terminal.print(`Node ${process.versions.node}, ${process.platform} ${process.arch}`)
  const checks = await validate({
    ...(io.signal && { signal: io.signal }),
    onCheck: (check) => {
      if (json) return terminal.print(JSON.stringify(check))
      const mark = check.passed ? terminal.paint('green', 'pass') : terminal.paint('red', 'FAIL')
      const text = `${check.name.padEnd(36)} ${formatDuration(check.ms).padStart(9)}  ${check.detail}`
      terminal.print(`${mark}  ${text}`)
    },
  })
  const failed = checks.filter(({ passed }) => !passed).length
  if (!json) {
    const sum = `${checks.length - failed} of ${checks.length} checks passed`
    terminal.print(failed > 0 ? sum : `${sum}: this installation works`)
  }
  return failed > 0 ? 1 : 0
}
