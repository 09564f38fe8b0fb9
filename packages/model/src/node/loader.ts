import type { AssembledBatch } from '../train/batches.ts'
import type { LoaderThread } from './loaderWorker.ts'
import { openRemote, sibling } from './remote.ts'

/** Reads and varies examples in threads of their own. */
export interface Loader {
  /** Class of each example. */
  readonly labels: Uint32Array
  /** A batch of the given examples; asked for ahead, it is ready when it is needed. */
  batch(epoch: number, indices: Uint32Array): Promise<AssembledBatch>
  close(): Promise<void>
}

/** Starts loading threads, 1 by default, which take batches in turn. */
export async function openLoader(thread: LoaderThread, threads = 1): Promise<Loader> {
  const script = sibling('loaderWorker', import.meta.url)
  const remotes = Array.from({ length: threads }, () => openRemote(script, thread))
  const close = async () => {
    await Promise.all(remotes.map((remote) => remote.close()))
  }
  try {
    const labels = await remotes[0].call<Uint32Array>('labels', [])
    let turn = 0
    return {
      labels,
      batch: (epoch, indices) => remotes[turn++ % threads].call('batch', [epoch, indices]),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Takes items in order from a function that makes them, keeping `ahead` of them under way. */
export async function* prefetch<Item>(
  make: (i: number) => Promise<Item>,
  { from, to, ahead }: { readonly from: number; readonly to: number; readonly ahead: number },
): AsyncGenerator<Item> {
  const waiting: Promise<Item>[] = []
  let next = from
  for (let i = from; i < to; i++) {
    while (next < to && next <= i + ahead) waiting.push(handled(make(next++)))
    yield await (waiting.shift() as Promise<Item>)
  }
}

/** One that fails before its turn fails at its turn, or never where it is not waited for any more. */
function handled<Item>(item: Promise<Item>): Promise<Item> {
  item.catch(() => {})
  return item
}
