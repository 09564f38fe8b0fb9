import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os'

export interface Environment {
  readonly node: string
  readonly system: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGB: number
  /** Processes that wanted to run in the minute before. */
  readonly load: number
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

/** Version of PyTorch and of the library that computes its convolutions; `undefined` where it is absent. */
export function installedTorch(): string | undefined {
  const versions = `import re, torch
found = re.search(r"(?:MKL-DNN|oneDNN) v([\\d.]+)", torch.__config__.show())
print(f"{torch.__version__}, oneDNN {found[1] if found else 'none'}")`
  return firstLine(python, ['-c', versions])
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Whether the processor multiplies bytes in fours (VNNI), which int8 on x86 lives on. */
export const hasVnni = (): boolean =>
  /^flags\s*:.*\bavx(512)?_vnni\b/m.test(textOf('/proc/cpuinfo'))

/** A board says its name here, where its processor has none. */
const board = (): string => textOf('/proc/device-tree/model').replaceAll('\0', '').trim()

export function environment(): Environment {
  const { sourceExtractor, sep } = installedRivals()
  return {
    node: process.versions.node,
    system: `${platform()} ${arch()}`,
    cpu: board() || cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0],
    commit: commit(),
    rivals: {
      'source-extractor': sourceExtractor ?? 'not installed',
      sep: sep ?? 'not installed',
      torch: installedTorch() ?? 'not installed',
    },
  }
}
