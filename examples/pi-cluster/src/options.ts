import { parseArgs } from 'node:util'

/** What is trained on what, and by how many. */
export type Options = Exclude<ReturnType<typeof optionsFrom>, undefined>

/** Something on the command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const options = {
  frames: { type: 'string', default: '.' },
  labels: { type: 'string' },
  workers: { type: 'string', default: '4' },
  image: { type: 'string', default: 'nebulift:dev' },
  width: { type: 'string', default: '0.25' },
  epochs: { type: 'string', default: '30' },
  'pass-ms': { type: 'string', default: '1500' },
  apply: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const { frames, workers, image, width, epochs, 'pass-ms': passMs } = options

/** What `--help` prints. */
export const usage = `Usage: npm start -- [options] <server> <path>

Trains the classifier on Raspberry Pis. <server> is the machine with the NFS share, <path> the share's, from its root.

  --frames <folder>  frames, as a folder of the share (default: ${frames.default})
  --labels <file>    manifest or table of labels, as a file of the share (default: the frames' own)
  --workers <n>      Pis, 1 to 1024 (default: ${workers.default})
  --image <name>     image of the containers (default: ${image.default})
  --width <factor>   width of the network, as a part of ResNet18's (default: ${width.default})
  --epochs <n>       times that all pictures are seen (default: ${epochs.default})
  --pass-ms <ms>     time of one pass of 8 pictures on one Pi, for the estimate (default: ${passMs.default})
  --apply            send the manifests and follow the logs (default: print them)
  -h, --help         print this
`

/**
 * Reads the command line; nothing where help is asked for.
 * @throws UsageError
 */
export function optionsFrom(argv: readonly string[]) {
  const { values, positionals } = parse(argv)
  if (values.help) return undefined
  const [server, path, ...rest] = positionals
  if (!server || !path) throw new UsageError('wanted the NFS server and the path of its share')
  if (rest.length > 0) throw new UsageError(`${rest[0]}: wanted nothing after server and path`)
  if (!path.startsWith('/')) throw new UsageError(`path ${path}: wanted one that begins with /`)
  return {
    ...{ ...values, server, path },
    epochs: String(numberOf('epochs', values.epochs, { whole: true })),
    workers: numberOf('workers', values.workers, { high: 1024, whole: true }),
    width: numberOf('width', values.width),
    passMs: numberOf('pass-ms', values['pass-ms']),
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options })
  } catch (error) {
    // Node adds advice on positional arguments in further sentences.
    throw new UsageError((error as Error).message.split(/\.\s/)[0], { cause: error })
  }
}

interface Range {
  readonly high?: number
  readonly whole?: boolean
}

/** A number above 0. */
function numberOf(name: string, text: string, { high, whole = false }: Range = {}): number {
  const value = Number(text)
  const inside = value > 0 && value <= (high ?? Number.MAX_VALUE)
  if (inside && (!whole || Number.isInteger(value))) return value
  const range = high === undefined ? 'above 0' : `from 1 to ${high}`
  throw new UsageError(`--${name} ${text}: wanted a ${whole ? 'whole ' : ''}number ${range}`)
}
