import { type DatasetLabel, exampleBytes } from '../../src/dataset/manifest.ts'
import { type Draft, openStore, writeExample } from '../../src/dataset/store.ts'

type Made = Omit<Draft, 'file' | 'sha256'>

/** A simulated clean frame, changed where a test says so. */
export function draft(id: string, changes: Partial<Made> = {}): Made {
  return {
    id,
    label: 'clean' as DatasetLabel,
    labelledBy: 'truth',
    flaws: [],
    session: 'M 31',
    night: 'one',
    evidence: [0, 0],
    prefilter: { verdict: 'clean', action: 'keep', score: 0.9, causes: [] },
    origin: { kind: 'simulated', seed: 1, index: 0 },
    ...changes,
  }
}

/** Writes a data set whose pictures are nothing but a number; returns its folder. */
export async function writeSet(folder: string, drafts: readonly Made[]): Promise<string> {
  const store = await openStore(folder, { kind: 'simulated' })
  const examples: Draft[] = []
  for (const [i, made] of drafts.entries()) {
    const bytes = new Uint8Array(exampleBytes).fill(i + 1)
    examples.push({ ...made, ...(await writeExample(folder, made, bytes)) })
  }
  await store.add({ key: 'all', evidence: ['fwhm', 'stars'], examples })
  await store.finish(1)
  return folder
}
