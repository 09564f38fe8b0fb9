import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ModelError } from '../errors.ts'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../train/checkpoint.ts'

/** A folder of checkpoints. */
export interface Checkpoints {
  /** Writes one, and removes the oldest beyond the number that is kept. */
  save(step: number, checkpoint: Checkpoint): Promise<void>
  /** The newest sound one; each that is not is set aside as `….damaged`, and `onDamaged` is told. */
  latest(onDamaged: (message: string) => void): Promise<Checkpoint | undefined>
}

const pattern = /^step-(\d{8})\.checkpoint$/
const unfinished = /^(step-\d{8}\.checkpoint|best\.checkpoint|log\.jsonl)\.(\d+)\.part$/
const nameOf = (step: number) => `step-${String(step).padStart(8, '0')}.checkpoint`

/** Opens a folder of checkpoints, which is made where it is absent. */
export async function openCheckpoints(folder: string, keep = 3): Promise<Checkpoints> {
  await mkdir(folder, { recursive: true }).catch((cause) => fail(folder, cause))
  const all = () => readdir(folder).catch((cause) => fail(folder, cause))
  const list = async () => (await all()).filter((name) => pattern.test(name)).sort()
  // What a killed process was writing.
  for (const name of await all()) {
    const [, , pid] = unfinished.exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { force: true })
  }
  return {
    save: async (step, checkpoint) => {
      await writeWhole(join(folder, nameOf(step)), encodeCheckpoint(checkpoint))
      for (const name of (await list()).slice(0, -keep))
        await rm(join(folder, name), { force: true })
    },
    latest: async (onDamaged) => {
      for (const name of (await list()).reverse()) {
        const path = join(folder, name)
        try {
          return decodeCheckpoint(await readFile(path))
        } catch (error) {
          if (!(error instanceof ModelError)) fail(path, error)
          // Sound, but of a newer program: nothing to be set aside.
          if (error.code !== 'BAD_FILE')
            throw new ModelError(error.code, `${path}: ${error.message}`)
          onDamaged(`${path}: ${error.message}`)
          // Else it would count as the newest for ever, and later ones be removed in its stead.
          await rename(path, `${path}.damaged`).catch((cause) => fail(path, cause))
        }
      }
      return undefined
    },
  }
}

/** Whether a process with this number runs; one of somebody else counts too. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return pid !== process.pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Writes a file so that at every moment either the old one or the whole new one is there.
 * @throws ModelError `IO`, naming the file; nothing is left behind then
 */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.part`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    fail(path, error)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  ENOSPC: 'no space left on the disk',
  EISDIR: 'is a folder',
  ENOTDIR: 'is not a folder',
}

/** Tells of a file and why the system refused it. */
export function fail(path: string, cause: unknown): never {
  const { code, message } = cause as NodeJS.ErrnoException
  throw new ModelError('IO', `${path}: ${reasons[code ?? ''] ?? message}`, { cause })
}
