import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Contender, consume } from '../harness.ts'

const run = promisify(execFile)
const defaults = '/usr/share/source-extractor'

/** Source Extractor at its own defaults, one thread; its start is in every lap, as in its users' scripts. */
export function sourceExtractor(name: string, file: string, scratch: string): Contender {
  const parameters = join(scratch, 'catalogue.param')
  writeFileSync(parameters, 'NUMBER\nX_IMAGE\nY_IMAGE\nFLUX_AUTO\nFLUX_RADIUS\nELONGATION\n')
  const catalogue = join(scratch, 'catalogue.txt')
  const settings = {
    PARAMETERS_NAME: parameters,
    CATALOG_NAME: catalogue,
    FILTER_NAME: join(defaults, 'default.conv'),
    STARNNW_NAME: join(defaults, 'default.nnw'),
    DETECT_THRESH: '1.5',
    DETECT_MINAREA: '5',
    BACK_SIZE: '64',
    MEMORY_PIXSTACK: '3000000',
    NTHREADS: '1',
    VERBOSE_TYPE: 'QUIET',
  }
  const config = join(defaults, 'default.sex')
  const args = [file, ...(existsSync(config) ? ['-c', config] : [])]
  for (const [key, value] of Object.entries(settings)) args.push(`-${key}`, value)
  const time = async () => {
    const start = performance.now()
    const { stdout } = await run('source-extractor', args, { cwd: scratch })
    const ms = performance.now() - start
    consume(stdout)
    return { ms }
  }
  return { name, time }
}

/** What starting the program costs when it has nothing to do. */
export function sourceExtractorStart(): Contender {
  const time = async () => {
    const start = performance.now()
    consume((await run('source-extractor', ['--version'])).stdout)
    return { ms: performance.now() - start }
  }
  return { name: 'start of source-extractor', time }
}
