import { wholeNumber } from './arguments.ts'
import { addCommand, type Registry, withContext } from './context.ts'

export function addReview(registry: Registry): void {
  addCommand(registry, 'review <out>', {
    summary:
      'Go through the frames of a batch in the browser and correct verdicts with single keys.',
    example:
      'nebulift review ~/astro/sorted\nnebulift dataset build ~/astro/2026-03-14 -o set --labels ~/astro/sorted/manifest.json',
  })
    .option('--port <n>', 'port to serve on (default: a free one)', wholeNumber(1, 65535))
    .option('--no-open', 'only print the address, open no browser')
    .option('--no-move', 'leave sorted frames in their folders; the next batch moves them')
    .option('--json', 'print the address as JSON, and open no browser')
    .addHelpText('after', `\n${keys}`)
    .action(withContext(registry, async () => (await import('../actions/review.ts')).review))
}

const keys = `Serves this machine alone, at an address with a secret, until Ctrl-C. Each correction is in manifest.json and
manifest.csv at once; links, copies and moved frames go into the folder of their verdict; originals stay as
they are. Later batches into the same folder keep every correction, and so does dataset build --labels.

Keys: arrows or j k step, c clean, x reject, m mask, r review, 1-9 0 what is wrong, u undo, b blink, ? help`
