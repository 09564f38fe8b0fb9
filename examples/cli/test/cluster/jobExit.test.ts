import { DistributedError } from '@nebulift/distributed'
import { describe, expect, it } from 'vitest'
import { endAsJob } from '../../src/cluster/jobExit.ts'
import { BusyError, CliError } from '../../src/errors.ts'

const system = (code: string) => Object.assign(new Error(`${code}: system`), { code })
const wrapped = (code: string) => new CliError('cannot be written', { cause: system(code) })

describe('endAsJob', () => {
  it.each([
    ['a full disk', system('ENOSPC'), 75],
    ['a quota', wrapped('EDQUOT'), 75],
    ['a disk error', wrapped('EIO'), 75],
    ['a network folder that was mounted again', system('ESTALE'), 75],
    ['another process', new BusyError('at work'), 75],
    ['missing shards', new CliError('missing', { exitCode: 75 }), 75],
    ['a folder of ours that fails', new DistributedError('IO', 'no'), 75],
    ['a wrong number', new DistributedError('BAD_ARGUMENT', 'no'), 42],
    ['a missing folder', new CliError('none', { exitCode: 2 }), 42],
    ['a folder without frames', new CliError('none'), 42],
    ['no permission', wrapped('EACCES'), 42],
    ['a bug', new TypeError('internal'), 42],
  ])('%s', async (_, error, exitCode) => {
    const ended = endAsJob(() => Promise.reject(error), undefined)
    const message = error.message.startsWith('E') ? expect.any(String) : error.message
    await expect(ended).rejects.toMatchObject({ name: 'CliError', exitCode, message })
  })

  it('keeps hints, codes of work that ends, and interruptions', async () => {
    const hinted = endAsJob(() => Promise.reject(new CliError('a', { hint: 'b' })), undefined)
    await expect(hinted).rejects.toMatchObject({ hint: 'b' })
    expect(await endAsJob(async () => 130, undefined)).toBe(130)
    const reason = new Error('stopped')
    const stopped = endAsJob(() => Promise.reject(reason), AbortSignal.abort())
    await expect(stopped).rejects.toBe(reason)
  })
})
