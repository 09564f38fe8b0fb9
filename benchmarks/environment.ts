import { execFileSync } from 'node:child_process'
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os'

export interface Environment {
  readonly node: string
  readonly system: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGB: number
  readonly commit: string
  readonly rivals: Readonly<Record<string, string>>
}

function firstLine(command: string, args: readonly string[]): string | undefined {
  try {
    const printed = execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return printed.trim().split('\n')[0]
  } catch {
    return undefined
  }
}

function commit(): string {
  const cwd = import.meta.dirname
  const hash = firstLine('git', ['-C', cwd, 'rev-parse', '--short', 'HEAD'])
  if (!hash) return 'unknown'
  const changed = firstLine('git', ['-C', cwd, 'status', '--porcelain', '--untracked-files=no'])
  return changed ? `${hash} with changes` : hash
}

export const python = '/usr/bin/python3'

/** Versions of the rivals that are installed here; an absent one is `undefined`. */
export function installedRivals(): {
  sourceExtractor: string | undefined
  sep: string | undefined
} {
  const versions =
    'import sep, astropy, numpy; print(f"{sep.__version__}, astropy {astropy.__version__}, numpy {numpy.__version__}")'
  const version = firstLine('source-extractor', ['--version'])
  return {
    sourceExtractor: version?.match(/\d+(\.\d+)+/)?.[0] ?? version,
    sep: firstLine(python, ['-c', versions]),
  }
}

export function environment(): Environment {
  const { sourceExtractor, sep } = installedRivals()
  return {
    node: process.versions.node,
    system: `${platform()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    commit: commit(),
    rivals: {
      'source-extractor': sourceExtractor ?? 'not installed',
      sep: sep ?? 'not installed',
    },
  }
}
