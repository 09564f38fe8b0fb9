import type { Command } from 'commander'
import type { Io } from '../io.ts'
import { createTerminal, type Terminal } from '../terminal/terminal.ts'

/** What a command needs besides its own arguments. */
export interface CommandContext {
  readonly io: Io
  readonly terminal: Terminal
}

/** A command's work; returns the exit code. */
export type Work<Args extends readonly unknown[]> = (
  context: CommandContext,
  ...args: Args
) => Promise<number>

interface GlobalOptions {
  readonly verbose?: boolean
  readonly log?: 'text' | 'json'
  readonly color?: boolean
}

/** Where the commands are registered, and where their exit code goes. */
export interface Registry {
  readonly program: Command
  readonly io: Io
  readonly onExit: (code: number) => void
}

/** Adds a command with an example in its help; `act` connects its work. */
export function addCommand(
  { program }: Registry,
  usage: string,
  { summary, example }: { summary: string; example: string },
): Command {
  const examples = example.split('\n').map((line) => `  $ ${line}`)
  return program
    .command(usage)
    .description(summary)
    .addHelpText('after', `\nExample:\n${examples.join('\n')}`)
}

/** Loads a command's work when it is asked for, and runs it with a terminal as the options want it. */
export function withContext<Args extends readonly unknown[]>(
  { program, io, onExit }: Registry,
  load: () => Promise<Work<Args>>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    const { verbose = false, log = 'text', color = true } = program.opts<GlobalOptions>()
    const terminal = createTerminal(io, { verbose, log, color })
    const work = await load()
    onExit(await work({ io, terminal }, ...args))
  }
}
