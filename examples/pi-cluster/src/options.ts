import { parseArgs } from 'node:util'

/** What is trained on what, and by how many. */
export type Options = ReturnType<typeof optionsFrom>

/** Reads the command line. */
export function optionsFrom(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      frames: { type: 'string', default: '.' },
      labels: { type: 'string' },
      workers: { type: 'string', default: '4' },
      image: { type: 'string', default: 'nebulift:dev' },
      width: { type: 'string', default: '0.25' },
      epochs: { type: 'string', default: '30' },
      'pass-ms': { type: 'string', default: '1500' },
      apply: { type: 'boolean', default: false },
    },
  })
  const [server, path] = positionals
  if (!server || !path) throw new Error('wanted the NFS server and the path of its share')
  const workers = Number(values.workers)
  return { ...values, server, path, workers, width: Number(values.width) }
}
