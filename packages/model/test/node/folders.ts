import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Checkpoint, decodeCheckpoint } from '../../src/train/checkpoint.ts'

const folders: string[] = []

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nebulift-fit-'))
  folders.push(folder)
  return folder
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** Paths of the checkpoints in a folder, oldest first. */
export const checkpointsIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /^step-\d+\.checkpoint$/.test(name))
    .sort()
    .map((name) => join(folder, name))

export function newest(folder: string): Checkpoint {
  return decodeCheckpoint(readFileSync(checkpointsIn(folder).at(-1) ?? ''))
}
