import { join } from 'node:path'
import type { Verdict } from '@nebulift/prefilter'

/** Folders that frames are sorted into. */
export const verdicts: readonly Verdict[] = ['clean', 'contaminated', 'review']

/** Where things lie in an output folder. */
export interface Layout {
  readonly root: string
  readonly manifest: string
  readonly csv: string
  readonly report: string
  readonly masks: string
  /** Our own books: not for people. */
  readonly books: string
  readonly cache: string
  /** What nodes have measured, until it is merged. */
  readonly shards: string
  /** Which input folder this output belongs to. */
  readonly night: string
  readonly lock: string
  /** Links, copies and masks that we made. */
  readonly placed: string
  /** Every move, noted before it is done. */
  readonly journal: string
  /** Every word of a person on a frame. */
  readonly corrections: string
}

export function layoutOf(root: string): Layout {
  const books = join(root, '.nebulift')
  return {
    root,
    manifest: join(root, 'manifest.json'),
    csv: join(root, 'manifest.csv'),
    report: join(root, 'report.html'),
    masks: join(root, 'masks'),
    books,
    cache: join(books, 'cache'),
    shards: join(books, 'shards'),
    night: join(books, 'night.json'),
    lock: join(books, 'lock'),
    placed: join(books, 'placed.json'),
    journal: join(books, 'journal.jsonl'),
    corrections: join(books, 'corrections.jsonl'),
  }
}
