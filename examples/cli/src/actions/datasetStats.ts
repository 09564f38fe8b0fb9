import type { CommandContext } from '../commands/context.ts'
import { openDataset } from '../dataset/openDataset.ts'
import { statsOf } from '../dataset/stats.ts'
import { nightsText, statsText } from '../terminal/datasetText.ts'

/** The work of `nebulift dataset stats`. */
export async function datasetStats(
  { terminal }: CommandContext,
  folder: string,
  { json = false }: { readonly json?: boolean },
): Promise<number> {
  const { manifest } = await openDataset(folder)
  const stats = statsOf(manifest)
  if (json) terminal.print(JSON.stringify(stats))
  else {
    terminal.print(statsText(folder, stats, terminal.paint))
    terminal.print(nightsText(stats))
  }
  return 0
}
