import { styleText } from 'node:util'
import type { Io, TextSink } from '../io.ts'
import { createProgress, type Progress } from './progress.ts'

export interface TerminalOptions {
  /** Also write detail lines. Default false. */
  readonly verbose?: boolean
  /** Form of everything on stderr: lines for people or one JSON object a line. Default `text`. */
  readonly log?: 'text' | 'json'
  /** Allow colours where the sink is a terminal. Default true; NO_COLOR turns them off too. */
  readonly color?: boolean
}

export type Format = Parameters<typeof styleText>[0]
export type Paint = (format: Format, text: string) => string
export type Fields = Readonly<Record<string, unknown>>
export type Level = 'debug' | 'info' | 'warn' | 'error'

/** Data and people's output on stdout, logs and progress on stderr. */
export interface Terminal {
  readonly verbose: boolean
  /** Columns of stdout; 100 where it is no terminal. */
  readonly columns: number
  /** Writes a line to stdout. */
  print(text?: string): void
  /** Colours for stdout. */
  readonly paint: Paint
  /** Writes to stderr; `debug` only when verbose. */
  log(level: Level, message: string, fields?: Fields): void
  /** A bar on a terminal, a line every few seconds elsewhere. */
  progress(label: string, total: number): Progress
}

const prefixes: Readonly<Record<Level, string>> = {
  debug: '',
  info: '',
  warn: 'warning: ',
  error: 'error: ',
}
const formats: Partial<Record<Level, Format>> = { debug: 'dim', warn: 'yellow', error: 'red' }

function painter(sink: TextSink, io: Io, allowed: boolean): Paint {
  const on = allowed && sink.isTTY === true && !io.env.NO_COLOR
  return (format, text) => (on ? styleText(format, text, { validateStream: false }) : text)
}

export function createTerminal(io: Io, options: TerminalOptions = {}): Terminal {
  const { verbose = false, log = 'text', color = true } = options
  const paintError = painter(io.stderr, io, color)
  let bar: Progress | undefined
  const writeLog = (level: Level, message: string, fields: Fields) => {
    if (log === 'json') {
      const entry = { time: new Date().toISOString(), level, message, ...fields }
      io.stderr.write(`${JSON.stringify(entry)}\n`)
      return
    }
    const prefix = prefixes[level]
    const line = fields.file === undefined ? message : `${fields.file}: ${message}`
    const format = formats[level]
    const whole = level === 'debug' ? line : (format ? paintError(format, prefix) : prefix) + line
    bar?.clear()
    io.stderr.write(`${level === 'debug' ? paintError('dim', whole) : whole}\n`)
    bar?.draw()
  }
  return {
    verbose,
    columns: io.stdout.columns ?? 100,
    paint: painter(io.stdout, io, color),
    print: (text = '') => {
      bar?.clear()
      io.stdout.write(`${text}\n`)
    },
    log: (level, message, fields = {}) => {
      if (level !== 'debug' || verbose) writeLog(level, message, fields)
    },
    progress: (label, total) => {
      const live = io.stderr.isTTY === true && log === 'text'
      const report = (message: string, fields: Fields) => writeLog('info', message, fields)
      bar = createProgress({ label, total, live, sink: io.stderr, report })
      return bar
    },
  }
}
