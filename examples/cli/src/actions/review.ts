import { spawn } from 'node:child_process'
import process from 'node:process'
import type { CommandContext } from '../commands/context.ts'
import { describeError } from '../errors.ts'
import { serveReview } from '../review/server.ts'
import { openReview } from '../review/store.ts'
import { plural } from '../terminal/text.ts'

/** Options as they were typed. */
export interface ReviewFlags {
  readonly port?: number
  readonly open: boolean
  readonly move: boolean
  readonly json?: boolean
}

/** The work of `nebulift review`: serves until it is interrupted, which is its normal end. */
export async function review(
  { io, terminal }: CommandContext,
  output: string,
  { port, open, move, json = false }: ReviewFlags,
): Promise<number> {
  const store = await openReview(output, { move })
  const before = countCorrected((await store.night()).manifest)
  const server = await serveReview(store, {
    ...(port !== undefined && { port }),
    onError: (error) => terminal.log('error', describeError(error)),
  })
  try {
    const { url, port: chosen } = server
    const frames = (await store.night()).manifest.frames.length
    if (json) terminal.print(JSON.stringify({ url, port: chosen, frames, corrected: before }))
    else {
      terminal.print(`${plural(frames, 'frame')}, ${before} corrected: review them at`)
      terminal.print(`  ${terminal.paint('bold', url)}`)
      terminal.print('Ctrl-C ends the review; everything is saved as you go.')
    }
    if (open && !json) openBrowser(url)
    await untilAborted(io.signal)
  } finally {
    await server.close()
  }
  const after = countCorrected((await store.night()).manifest)
  if (!json) {
    terminal.print(`${plural(after, 'frame')} corrected, in ${store.layout.manifest}`)
    terminal.print('report.html is of the last batch; the next one shows the corrections')
  }
  return 0
}

const countCorrected = ({ frames }: { frames: readonly { corrected?: unknown }[] }) =>
  frames.filter(({ corrected }) => corrected !== undefined).length

function untilAborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve()
    else signal?.addEventListener('abort', () => resolve(), { once: true })
  })
}

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** The address is printed as well: a machine without a browser loses nothing. */
function openBrowser(url: string): void {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
