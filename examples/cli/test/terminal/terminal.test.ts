import { expect, it, vi } from 'vitest'
import { createProgress } from '../../src/terminal/progress.ts'
import { createTerminal } from '../../src/terminal/terminal.ts'
import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatTable,
  plural,
  printable,
} from '../../src/terminal/text.ts'
import { sink } from '../helpers.ts'

const escapeCode = '\u001b['

it('colours only on a terminal, and not where they are unwanted', () => {
  const painted = (isTTY: boolean, env = {}, options = {}) => {
    const io = { stdout: sink({ isTTY }), stderr: sink(), env }
    return createTerminal(io, options).paint('red', 'x').includes(escapeCode)
  }
  expect(painted(true)).toBe(true)
  expect(painted(false)).toBe(false)
  expect(painted(true, { NO_COLOR: '1' })).toBe(false)
  expect(painted(true, {}, { color: false })).toBe(false)
})

it('keeps data and logs apart, details for the curious', () => {
  const [stdout, stderr] = [sink(), sink()]
  const terminal = createTerminal({ stdout, stderr, env: {} })
  terminal.print('data')
  terminal.log('debug', 'hidden')
  terminal.log('warn', 'careful')
  terminal.log('error', 'is broken', { file: 'a.fits' })
  createTerminal({ stdout, stderr, env: {} }, { verbose: true }).log('debug', 'shown')
  expect(stdout.text).toBe('data\n')
  expect(stderr.text).toBe('warning: careful\nerror: a.fits: is broken\nshown\n')
})

it('logs one JSON object a line', () => {
  const stderr = sink({ isTTY: true })
  const terminal = createTerminal({ stdout: sink(), stderr, env: {} }, { log: 'json' })
  terminal.log('error', 'is broken', { file: 'a.fits' })
  terminal.progress('judging', 2).stop()
  expect(JSON.parse(stderr.text)).toMatchObject({ level: 'error', message: 'is broken' })
})

it('draws a live bar that logs do not tear', () => {
  const [stdout, stderr] = [sink({ isTTY: true }), sink({ isTTY: true, columns: 80 })]
  const terminal = createTerminal({ stdout, stderr, env: { NO_COLOR: '1' } })
  const progress = terminal.progress('judging', 4)
  progress.advance(1e6)
  progress.draw()
  terminal.log('info', 'hello')
  terminal.print('data')
  progress.stop()
  progress.stop()
  expect(stderr.text).toContain('judging ██████░░░░')
  expect(stderr.text).toMatch(/1 of 4, [\d.]+\/s, [\d.]+ Mpx\/s, .* left/)
  expect(stderr.text).toContain(`\r${escapeCode}Khello\n`)
  expect(stdout.text).toBe('data\n')
})

it('writes a line now and then where there is no terminal', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  try {
    const report = vi.fn()
    const progress = createProgress({
      label: 'judging',
      total: 9,
      live: false,
      sink: sink(),
      report,
    })
    progress.advance()
    expect(report).not.toHaveBeenCalled()
    vi.advanceTimersByTime(5000)
    expect(report).toHaveBeenCalledWith('judging: 1 of 9, 0.2/s, 40.0 s left', {
      done: 1,
      total: 9,
      perSecond: 0.2,
      secondsLeft: 40,
    })
    progress.stop()
    vi.advanceTimersByTime(20_000)
    expect(report).toHaveBeenCalledTimes(1)
  } finally {
    vi.useRealTimers()
  }
})

it('writes numbers for people', () => {
  expect([12, 999, 12_345, 65_000, 4_000_000].map(formatDuration)).toEqual([
    '12 ms',
    '1.0 s',
    '12.3 s',
    '1 min 5 s',
    '1 h 6 min',
  ])
  expect([512, 54_200_000, 3e15].map(formatBytes)).toEqual(['512 bytes', '54.2 MB', '3000.0 TB'])
  expect([0, 1.23456, 1e-5, 12_345_678, Number.NaN].map(formatNumber)).toEqual([
    '0',
    '1.235',
    '1.00e-5',
    '1.23e+7',
    'NaN',
  ])
  expect([plural(1, 'frame'), plural(2, 'frame')]).toEqual(['1 frame', '2 frames'])
  expect(printable('a\u001b[31m\n.fits')).toBe('a?[31m?.fits')
  expect(
    formatTable(
      [
        ['a', '10'],
        ['bcd', '2', 'x'],
      ],
      { right: [1], indent: ' ' },
    ),
  ).toBe(' a    10\n bcd   2  x')
})
