import { open, readFile } from 'node:fs/promises'
import { errorCode } from '../errors.ts'

/** Adds one JSON line and waits until it is on the disk (`sync: false` leaves that to the system). */
export async function appendLine(
  path: string,
  entry: unknown,
  { sync = true }: { sync?: boolean } = {},
): Promise<void> {
  const handle = await open(path, 'a+')
  try {
    // A line cut short by a crash must not swallow this one.
    const { size } = await handle.stat()
    const last = Buffer.alloc(1, 10)
    if (size > 0) await handle.read(last, 0, 1, size - 1)
    try {
      await handle.appendFile(`${last[0] === 10 ? '' : '\n'}${JSON.stringify(entry)}\n`)
      if (sync) await handle.sync()
    } catch (error) {
      await handle.truncate(size)
      throw error
    }
  } finally {
    await handle.close()
  }
}

/** All lines that are valid JSON objects; a missing file has none. */
export async function readLines(path: string): Promise<Record<string, unknown>[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line)
      return typeof entry === 'object' && entry !== null ? [entry as Record<string, unknown>] : []
    } catch {
      return []
    }
  })
}
