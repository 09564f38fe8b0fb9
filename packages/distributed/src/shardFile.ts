import { crc32c } from './crc32c.ts'

/** What became of one item: a value, or why there is none. Plain data, as JSON holds it. */
export type Outcome<Result> =
  | { readonly item: string; readonly value: Result }
  | { readonly item: string; readonly error: string }

/** Which shard of which work: only a file that says exactly this counts. */
export interface ShardIdentity {
  readonly index: number
  readonly shards: number
  readonly settings: string
  /** Keys of its items, in their order. */
  readonly items: readonly string[]
}

/** What a file of a shard turned out to be: `other` is of other settings, another version or other items. */
export type ReadShard<Result> =
  | { readonly state: 'finished'; readonly outcomes: readonly Outcome<Result>[] }
  | { readonly state: 'missing' | 'damaged' | 'other' }

/** `shard-00012-of-00064.json` */
export function shardName(index: number, shards: number): string {
  const five = (value: number) => String(value).padStart(5, '0')
  return `shard-${five(index)}-of-${five(shards)}.json`
}

/** Two lines of JSON: who it is with the checksum of what follows, then the outcomes. */
export function encodeShard<Result>(
  identity: ShardIdentity,
  outcomes: readonly Outcome<Result>[],
): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(outcomes))
  const header = new TextEncoder().encode(`${headerOf(identity, crc32c(body))}\n`)
  const bytes = new Uint8Array(header.length + body.length)
  bytes.set(header)
  bytes.set(body, header.length)
  return bytes
}

/** The outcomes in a file, if it is whole and of this shard of this work. */
export function readShard<Result>(
  identity: ShardIdentity,
  bytes: Uint8Array | undefined,
): ReadShard<Result> {
  if (!bytes) return { state: 'missing' }
  const end = bytes.indexOf(10)
  const header = textOf(bytes.subarray(0, Math.max(0, end)))
  const body = bytes.subarray(end + 1)
  const sum = crc32c(body)
  if (checksumIn(header) !== sum) return { state: 'damaged' }
  if (header !== headerOf(identity, sum)) return { state: 'other' }
  const outcomes: readonly Outcome<Result>[] = JSON.parse(textOf(body))
  const { items } = identity
  const same =
    outcomes.length === items.length && outcomes.every(({ item }, i) => item === items[i])
  return same ? { state: 'finished', outcomes } : { state: 'other' }
}

const headerOf = ({ index, shards, settings }: ShardIdentity, sum: number) =>
  JSON.stringify({ format: 'nebulift.shard/1', index, shards, settings, crc32c: sum })

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

function checksumIn(header: string): unknown {
  try {
    return JSON.parse(header)?.crc32c
  } catch {
    return undefined
  }
}
