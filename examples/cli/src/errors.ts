/** The whole command cannot go on: one line for the user, a hint where one helps, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError'
  /** 1: some of the work failed; 2: wrong usage; 130: interrupted. */
  readonly exitCode: number
  readonly hint: string | undefined
  constructor(
    message: string,
    {
      exitCode = 1,
      hint,
      cause,
    }: { exitCode?: number; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.exitCode = exitCode
    this.hint = hint
  }
}

/** The user stopped the work; what was finished is kept. */
export class InterruptedError extends CliError {
  constructor(message = 'interrupted') {
    super(message, { exitCode: 130 })
  }
}

/** Another process is at work in the same place; later it may be gone. */
export class BusyError extends CliError {}

const systemTexts: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'the file is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something is already there',
  EIO: 'the disk reports a read or write error',
  EISDIR: 'is a folder, not a file',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many open files on this machine',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'not a folder',
  EPERM: 'operation not permitted',
  EROFS: 'the disk is read-only',
  ESTALE: 'the network folder was replaced while in use',
  ETIMEDOUT: 'the network folder does not answer',
}

/** The system's code (`ENOSPC`) or a library's (`TRUNCATED`), where an error carries one. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

/** One line for people: what is wrong, without stack or line breaks, nor `file` where the caller names it. */
export function describeError(error: unknown, file?: string): string {
  const known = systemTexts[systemCode(error) ?? '']
  // Our own errors say more than the system's code underneath; those of our packages, known by their names so that
  // these are not loaded for this, do too.
  const ours = ['ModelError', 'DistributedError']
  const own = error instanceof CliError || (error instanceof Error && ours.includes(error.name))
  if (known && !own) return known
  const whole = error instanceof Error ? error.message : String(error)
  const named = file !== undefined && whole.startsWith(`${file}: `)
  const text = named ? whole.slice(file.length + 2) : whole
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim() || 'unknown error'
}

/** The system's code, also where a library wrapped the error. */
function systemCode(error: unknown): string | undefined {
  const code = errorCode(error)
  return code && code in systemTexts
    ? code
    : errorCode((error as { cause?: unknown } | null)?.cause)
}

/** No room left: every further write would fail as well. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '')
}

const passing = ['EBUSY', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOSPC', 'ESTALE', 'ETIMEDOUT']

/** The machine or the disk failed, not what was asked for: trying again later may help. */
export function isPassing(error: unknown): boolean {
  return error instanceof BusyError || passing.includes(systemCode(error) ?? '')
}

/** Throws `InterruptedError` once the signal has fired. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new InterruptedError()
}
