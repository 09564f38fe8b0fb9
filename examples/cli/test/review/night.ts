import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runBatch } from '../../src/night/runBatch.ts'
import type { SortAction } from '../../src/night/sortFrames.ts'
import type { Decision } from '../../src/output/correction.ts'
import type { Manifest, ManifestFrame } from '../../src/output/manifest.ts'
import { fitsOf, sky } from '../frames.ts'
import { fill, temporaryFolder } from '../helpers.ts'

/** A judged night of small frames, which are quick to make: what they show does not matter here. */
export interface SmallNight {
  readonly folder: string
  readonly input: string
  readonly out: string
  readonly manifest: () => Manifest
  readonly frame: (file: string) => ManifestFrame
  /** The same batch once more. */
  readonly again: () => Promise<Manifest>
}

const [width, height] = [96, 64]

/** Judges three frames of different content. */
export async function judgeSmallNight(action: SortAction = 'link'): Promise<SmallNight> {
  const folder = temporaryFolder()
  const [input, out] = [join(folder, 'frames'), join(folder, 'out')]
  const files = ['a.fits', 'b.fits', 'c.fits'].map((name, i) => {
    return [name, fitsOf(sky(width * height, 1000 + 40 * i), [width, height])] as const
  })
  fill(input, Object.fromEntries(files))
  const again = async () => (await runBatch(input, out, { action, jobs: 1 })).manifest
  await again()
  const manifest = () => JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'))
  const frame = (file: string) =>
    manifest().frames.find((one: ManifestFrame) => one.file === file) as ManifestFrame
  return { folder, input, out, manifest, frame, again }
}

/** A decision that is not the one in force. */
export function otherThan({ verdict }: ManifestFrame): Decision {
  return verdict === 'clean'
    ? { verdict: 'contaminated', action: 'reject' }
    : { verdict: 'clean', action: 'keep' }
}
