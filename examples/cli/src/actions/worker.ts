import { readFile } from 'node:fs/promises'
import {
  DistributedError,
  exitCodeOf,
  exitCodes,
  metricsText,
  placeFromEnvironment,
  trainMetrics,
} from '@nebulift/distributed'
import { type GroupOptions, openMetricsServer } from '@nebulift/distributed/node'
import { requireDataset } from '../cluster/requireDataset.ts'
import { trainTogether } from '../cluster/trainTogether.ts'
import { nodesFolder, type WorkerMessage } from '../cluster/workerProcess.ts'
import type { CommandContext } from '../commands/context.ts'
import { CliError, describeError, errorCode, isDiskFull } from '../errors.ts'
import { writeAtomic } from '../files/atomic.ts'
import { finishModel, showModel, writeTrainingPage } from '../learning/finishModel.ts'
import { modelFiles } from '../learning/modelFiles.ts'
import { showTraining } from '../learning/showTraining.ts'
import { checkPasses, type TrainFlags } from './train.ts'

/** Options as they were typed. */
export interface WorkerFlags extends TrainFlags {
  readonly wire?: 'float32' | 'bf16'
  readonly localSteps?: number
  readonly fromFits?: string
  readonly labels?: string
  readonly nodes?: string
  readonly rank?: number
  readonly master?: string
  readonly host?: string
  readonly bind?: string
  readonly ringPort?: number
  readonly tokenFile?: string
  readonly tlsKey?: string
  readonly tlsCert?: string
  readonly tlsCa?: string
  readonly wait?: number
  readonly silent?: number
  readonly stopCode?: number
  readonly checkpointDir?: string
  readonly metricsPort?: number
  readonly metricsHost?: string
}

/** The work of `nebulift worker`: exit code 0, 42 where it must not be started again, 75 where it may. */
export async function worker(
  context: CommandContext,
  dataset: string,
  flags: WorkerFlags,
): Promise<number> {
  try {
    return await work(context, dataset, flags)
  } catch (error) {
    const exitCode = codeOf(error)
    const hint = error instanceof CliError ? error.hint : undefined
    const { path } = error as { path?: unknown }
    const where = typeof path === 'string' && !(error instanceof CliError) ? `${path}: ` : ''
    throw new CliError(where + describeError(error), { exitCode, hint, cause: error })
  }
}

function codeOf(error: unknown): number {
  if (error instanceof DistributedError) return exitCodeOf(error)
  return isDiskFull(error) || errorCode(error) === 'IO' ? exitCodes.retry : exitCodes.never
}

async function work(context: CommandContext, dataset: string, flags: WorkerFlags): Promise<number> {
  const { io, terminal } = context
  if (flags.labels !== undefined && flags.fromFits === undefined)
    throw new CliError('--labels belongs to --from-fits')
  const { modelOutput, json = false, threads, metricsPort, metricsHost } = flags
  const files = modelFiles(modelOutput)
  const folder = flags.checkpointDir ?? nodesFolder(files)
  const group = await groupOf(io.env, flags)
  if (flags.fromFits !== undefined)
    await requireDataset(context, { ...flags, dataset, leads: group.place.index === 0 })
  if (io.signal?.aborted) return flags.stopCode ?? exitCodes.done
  const { max } = group.place.world
  const { passes = max } = flags
  checkPasses({ nodes: max, passes, batch: flags.batch })
  if (max === 1)
    terminal.log('info', 'this process trains alone: --nodes or WORLD_SIZE says how many there are')
  const tellParent = io.parent as ((message: WorkerMessage) => void) | undefined
  const show = showTraining(terminal, { json })
  const metrics = trainMetrics()
  const server =
    metricsPort === undefined
      ? undefined
      : await openMetricsServer({
          metrics: () => metricsText(metrics),
          port: metricsPort,
          ...(metricsHost !== undefined && { host: metricsHost }),
        })
  try {
    const outcome = await trainTogether(dataset, {
      ...flags,
      ...{ passes, folder, group, signal: io.signal },
      onEvent: tellParent ? (event) => tellParent({ event }) : show.onEvent,
      onClusterEvent: metrics.observe,
      say: (line) => terminal.log('warn', line),
      keep: async ({ model }) => {
        await writeAtomic(files.float, model)
        if (tellParent) return
        show.stop()
        await writeTrainingPage(folder, files)
        const finishing = { dataset, ...(threads !== undefined && { threads }) }
        showModel(terminal, files, { card: await finishModel(terminal, files, finishing), json })
      },
    })
    if (outcome === 'interrupted') {
      terminal.log('info', 'stopped; the next start goes on from the checkpoint')
      return flags.stopCode ?? exitCodes.done
    }
    if (outcome === 'finished before') terminal.log('info', 'this training is finished already')
    tellParent?.({ written: true })
    return exitCodes.done
  } finally {
    show.stop()
    await server?.close()
  }
}

async function groupOf(
  env: Readonly<Record<string, string | undefined>>,
  flags: WorkerFlags,
): Promise<Omit<GroupOptions, 'layout' | 'say'>> {
  const { nodes, rank, master, host, bind, ringPort, tokenFile, wait, silent } = flags
  const [masterAddr, masterPort] = master === undefined ? [] : splitAddress(master)
  const place = placeFromEnvironment(env, {
    ...(nodes !== undefined && { nodes }),
    ...(rank !== undefined && { index: rank }),
    ...(masterAddr !== undefined && { masterAddr }),
    ...(masterPort !== undefined && { masterPort }),
    ...(host !== undefined && { host }),
    ...(ringPort !== undefined && { ringPort }),
    ...(tokenFile !== undefined && { tokenFile }),
  })
  const tls = await tlsOf(flags)
  return {
    place,
    ...(tls && { tls }),
    ...(bind !== undefined && { bind }),
    ...(wait !== undefined && { meetTimeoutMs: 1000 * wait }),
    ...(silent !== undefined && { silentMs: 1000 * silent }),
  }
}

/** `host:port`, or a host alone; an IPv6 address stands in brackets. */
function splitAddress(text: string): [string, string?] {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (!host) throw new CliError(`--master ${text}: wanted host:port`, { exitCode: exitCodes.never })
  return port === undefined ? [host] : [host, port]
}

async function tlsOf({ tlsKey, tlsCert, tlsCa }: WorkerFlags): Promise<GroupOptions['tls']> {
  if (!tlsKey && !tlsCert && !tlsCa) return undefined
  if (!tlsKey || !tlsCert || !tlsCa) {
    throw new CliError('--tls-key, --tls-cert and --tls-ca belong together')
  }
  const read = (path: string) =>
    readFile(path, 'utf8').catch((cause) => {
      throw new CliError(`${path}: ${describeError(cause)}`, { cause })
    })
  const [key, cert, ca] = await Promise.all([tlsKey, tlsCert, tlsCa].map(read))
  return { key: key!, cert: cert!, ca: ca! }
}
