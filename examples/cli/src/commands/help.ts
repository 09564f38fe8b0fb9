import type { Command } from 'commander'
import { addCommand, type Registry } from './context.ts'

/** Adds `nebulift help`, the other way to ask for what `--help` prints. */
export function addHelp(registry: Registry): void {
  addCommand(registry, 'help [command...]', {
    summary: 'Show this help, or that of a command.',
    example: 'nebulift help batch\nnebulift help dataset build',
  }).action((names: readonly string[]) => {
    let shown: Command = registry.program
    for (const name of names) {
      const next = shown.commands.find((command) => command.name() === name)
      if (!next) shown.error(`error: unknown command '${name}'`)
      shown = next
    }
    shown.help()
  })
}
