import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Checkpoint, CheckpointStore } from '../checkpoints.ts'
import { checkWhole } from '../checks.ts'
import { failIo, unfinished, writeWhole } from './wholeFile.ts'

/** How a folder of checkpoints is kept. */
export interface CheckpointFolderOptions {
  /** The newest so many stay. Default 3. */
  readonly keep?: number
  /** Told of damaged files, which are set aside, a line each. */
  readonly say?: (message: string) => void
}

// A file is magic, step (64 bits), 1 where training stopped here or else 0 (32 bits), CRC-32 of both and the state,
// length of the state (64 bits), state; all little-endian.
const magic = 'NBCKPT02'
const HEADER_BYTES = 32
const pattern = /^step-(\d{10})\.state$/
const nameOf = (step: number) => `step-${String(step).padStart(10, '0')}.state`

/**
 * Checkpoints as files of a folder, made where it is absent. At every moment each file is whole or not there: it is
 * written under another name, flushed to the disk and renamed. A damaged one is found by its checksum when it is read,
 * set aside as `….damaged`, and the one before is taken.
 * @throws DistributedError `IO` naming the file
 */
export function checkpointFolder(
  folder: string,
  options: CheckpointFolderOptions = {},
): CheckpointStore {
  const { keep = 3, say } = options
  checkWhole('checkpointFolder: keep', keep, { low: 1 })
  const list = async () =>
    (await readdir(folder).catch((cause) => failIo(folder, cause)))
      .filter((name) => pattern.test(name))
      .sort()
  return {
    save: async (checkpoint) => {
      await mkdir(folder, { recursive: true }).catch((cause) => failIo(folder, cause))
      const path = join(folder, nameOf(checkpoint.step))
      await removeUnfinished(folder).catch((cause) => failIo(path, cause))
      await writeWhole(path, [headerOf(checkpoint), checkpoint.state])
      for (const name of (await list()).slice(0, -keep)) {
        await rm(join(folder, name), { force: true }).catch((cause) => failIo(folder, cause))
      }
    },
    latest: async () => {
      await mkdir(folder, { recursive: true }).catch((cause) => failIo(folder, cause))
      for (const name of (await list()).reverse()) {
        const path = join(folder, name)
        const bytes = await readFile(path).catch((cause) =>
          cause.code === 'ENOENT' ? undefined : failIo(path, cause),
        )
        // Removed since, or set aside, by another rank.
        if (!bytes) continue
        const damage = damageOf(bytes)
        if (!damage) return checkpointOf(bytes)
        // Else it would count as the newest for ever. Another rank may have found it first.
        await rename(path, `${path}.damaged`).catch((cause) => {
          if (cause.code !== 'ENOENT') failIo(path, cause)
        })
        say?.(`${path}: ${damage}; set aside, the checkpoint before is taken`)
      }
      return undefined
    },
  }
}

function headerOf({ step, state, stopped }: Checkpoint): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(magic, 0, 'latin1')
  header.writeBigUInt64LE(BigInt(step), 8)
  header.writeUInt32LE(Number(stopped), 16)
  header.writeBigUInt64LE(BigInt(state.length), 24)
  header.writeUInt32LE(checksum(header, state), 20)
  return header
}

function checkpointOf(bytes: Buffer): Checkpoint {
  return {
    step: Number(bytes.readBigUInt64LE(8)),
    stopped: bytes.readUInt32LE(16) === 1,
    // A copy: plain bytes of their own, which other arrays can be laid over.
    state: new Uint8Array(bytes.subarray(HEADER_BYTES)),
  }
}

const checksum = (header: Buffer, state: Uint8Array) => crc32(state, crc32(header.subarray(8, 20)))

/** What is wrong with a file, if anything. */
function damageOf(bytes: Buffer): string | undefined {
  if (bytes.length < HEADER_BYTES) return `cut short at ${bytes.length} bytes`
  if (bytes.toString('latin1', 0, 8) !== magic) return 'not a checkpoint of this program'
  const state = bytes.subarray(HEADER_BYTES)
  const length = bytes.readBigUInt64LE(24)
  if (BigInt(state.length) !== length) {
    return `${state.length} bytes of state, wanted ${length}`
  }
  return checksum(bytes, state) === bytes.readUInt32LE(20) ? undefined : 'the checksum does not fit'
}

/** What a killed process was writing: on a full disk it would stand in the way for ever. */
async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(unfinished))
  for (const name of names) await rm(join(folder, name), { force: true })
}
