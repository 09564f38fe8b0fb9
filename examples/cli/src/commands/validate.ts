import { addCommand, type Registry, withContext } from './context.ts'

export function addValidate(registry: Registry): void {
  addCommand(registry, 'validate', {
    summary: 'Check the installation from end to end on simulated frames.',
    example: 'nebulift validate',
  })
    .option('--json', 'print one JSON object for each check')
    .action(
      withContext(
        registry,
        async () => (await import('../actions/validate.ts')).validateInstallation,
      ),
    )
}
