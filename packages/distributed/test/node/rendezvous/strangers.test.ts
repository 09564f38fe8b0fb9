import { expect, it } from 'vitest'
import { tellOfStrangers } from '../../../src/node/rendezvous/strangers.ts'

it('says of each stranger once that it has another token, and one line a minute', () => {
  const said: string[] = []
  let nowMs = 0
  const tell = tellOfStrangers(
    (line) => said.push(line),
    () => nowMs,
  )
  for (; nowMs < 200_000; nowMs += 1000) for (const host of ['10.0.0.7', '10.0.0.8']) tell(host)
  expect(said).toEqual([
    'somebody at 10.0.0.7 has another token',
    'somebody at 10.0.0.8 has another token',
  ])
  tell('10.0.0.9')
  tell('10.0.0.10')
  expect(said).toHaveLength(3)
})
