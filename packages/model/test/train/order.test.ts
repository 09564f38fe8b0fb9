import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchOrder } from '../../src/train/order.ts'

const sizes = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  batch: fc.integer({ min: 1, max: 20 }),
  seed: fc.integer(),
})

const everything = (order: ReturnType<typeof batchOrder>, epoch: number) =>
  Array.from({ length: order.stepsPerEpoch }, (_, step) => [...order.batch(epoch, step)]).flat()

const countOf = (drawn: Iterable<number>, size: number) => {
  const times = new Array<number>(size).fill(0)
  for (const each of drawn) times[each]++
  return times
}

describe('batchOrder', () => {
  it('gives every example once an epoch when the last batch is kept', () => {
    fc.assert(
      fc.property(sizes, fc.nat(5), (options, epoch) => {
        const order = batchOrder({ ...options, last: 'keep' })
        const drawn = everything(order, epoch)
        expect(order.stepsPerEpoch).toBe(Math.ceil(options.count / options.batch))
        expect(drawn.sort((a, b) => a - b)).toEqual(
          Array.from({ length: options.count }, (_, i) => i),
        )
      }),
    )
  })

  it('gives full batches only when it is dropped, and none twice', () => {
    fc.assert(
      fc.property(sizes, (options) => {
        fc.pre(options.batch <= options.count)
        const drawn = everything(batchOrder(options), 0)
        expect(drawn.length).toBe(options.count - (options.count % options.batch))
        expect(new Set(drawn).size).toBe(drawn.length)
      }),
    )
  })

  it('is the same from the same seed at any (epoch, step), asked in any order', () => {
    const options = { count: 100, batch: 8, seed: 3 }
    const straight = batchOrder(options)
    const resumed = batchOrder(options)
    for (let epoch = 0; epoch < 3; epoch++) straight.batch(epoch, 5)
    expect(resumed.batch(2, 5)).toEqual(straight.batch(2, 5))
    expect(resumed.batch(0, 1)).toEqual(straight.batch(0, 1))
  })

  it('reshuffles with epoch and seed', () => {
    const order = batchOrder({ count: 50, batch: 5, seed: 1 })
    expect(order.epoch(0)).not.toEqual(order.epoch(1))
    expect(order.epoch(0)).not.toEqual(batchOrder({ count: 50, batch: 5, seed: 2 }).epoch(0))
  })

  it('puts every example everywhere alike', () => {
    const order = batchOrder({ count: 4, batch: 1, seed: 9 })
    const times = new Array<number>(16).fill(0)
    const epochs = 4000
    for (let epoch = 0; epoch < epochs; epoch++) {
      order.epoch(epoch).forEach((example, place) => {
        times[4 * place + example]++
      })
    }
    // Five standard deviations of a binomial count.
    const bound = 5 * Math.sqrt((epochs * 3) / 16)
    for (const time of times) expect(Math.abs(time - epochs / 4)).toBeLessThan(bound)
  })

  it('balances classes to within one example, and uses all of a rare class', () => {
    const labels = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(labels, fc.integer(), (balance, seed) => {
        const order = batchOrder({ count: balance.length, batch: 1, seed, balance })
        const times = countOf(order.epoch(0), balance.length)
        const classes = [...new Set(balance)]
        const drawn = classes.map((c) =>
          times.reduce((sum, t, i) => sum + (balance[i] === c ? t : 0), 0),
        )
        expect(Math.max(...drawn) - Math.min(...drawn)).toBeLessThanOrEqual(1)
        for (const c of classes) {
          const own = times.filter((_, i) => balance[i] === c)
          expect(Math.max(...own) - Math.min(...own)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it('does not let a caller spoil it', () => {
    const order = batchOrder({ count: 10, batch: 10, seed: 1 })
    const first = [...order.epoch(0)]
    order.epoch(0).fill(0)
    order.batch(0, 0).fill(0)
    expect([...order.epoch(0)]).toEqual(first)
  })

  it('says why there is no batch', () => {
    expect(() => batchOrder({ count: 3, batch: 4, seed: 0 })).toThrow(
      'batchOrder: no batch of 4 from 3 examples',
    )
    expect(() => batchOrder({ count: 0, batch: 4, seed: 0, last: 'keep' })).toThrow(
      'from 0 examples',
    )
    expect(() => batchOrder({ count: 3, batch: 1, seed: 0, balance: [1] })).toThrow('and 1 labels')
    expect(() => batchOrder({ count: 3, batch: 1, seed: 0 }).batch(0, 3)).toThrow('step 3 of 3')
  })
})
