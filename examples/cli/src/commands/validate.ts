import process from 'node:process'
import { formatDuration } from '../terminal/text.ts'
import { addCommand, type CommandContext, type Registry, withContext } from './context.ts'

interface ValidateFlags {
  readonly json?: boolean
}

export function addValidate(registry: Registry): void {
  addCommand(registry, 'validate', {
    summary: 'Check the installation from end to end on simulated frames.',
    example: 'nebulift validate',
  })
    .option('--json', 'print one JSON object for each check')
    .action(withContext(registry, validateInstallation))
}

async function validateInstallation(
  { io, terminal }: CommandContext,
  { json = false }: ValidateFlags,
): Promise<number> {
  const { validate } = await import('../simulation/validate.ts')
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
