import { frameText } from '../terminal/frameText.ts'
import { wholeNumber } from './arguments.ts'
import { addCommand, type CommandContext, type Registry, withContext } from './context.ts'
import { showBatch } from './showBatch.ts'

interface AnalyzeFlags {
  readonly json?: boolean
  readonly jobs?: number
  readonly hdu?: number
}

export function addAnalyze(registry: Registry): void {
  addCommand(registry, 'analyze <file...>', {
    summary: 'Judge frames: verdict, action, causes with evidence, stars, streaks and clouds.',
    example:
      'nebulift analyze light_0001.fits light_0002.fits\nnebulift analyze *.fits --json > night.jsonl',
  })
    .option('--json', 'print one JSON object a line, as in manifest.json')
    .option(
      '--jobs <n>',
      'frames at once (default: as cores and memory allow)',
      wholeNumber(1, 256),
    )
    .option('--hdu <n>', 'HDU to judge (default: first SCI, else largest)', wholeNumber(0))
    .action(withContext(registry, analyze))
}

async function analyze(
  { io, terminal }: CommandContext,
  files: readonly string[],
  { json = false, ...options }: AnalyzeFlags,
): Promise<number> {
  const { analyzeFiles } = await import('../night/analyzeFiles.ts')
  const show = showBatch(terminal)
  let failed = false
  try {
    const frames = await analyzeFiles(files, {
      ...options,
      ...(io.signal && { signal: io.signal }),
      onEvent: (event) => {
        failed ||= event.type === 'failed'
        show.onEvent(event)
      },
    })
    show.stop()
    for (const frame of frames) {
      terminal.print(json ? JSON.stringify(frame) : `${frameText(frame, terminal.paint)}\n`)
    }
  } finally {
    show.stop()
  }
  return failed ? 1 : 0
}
