import { describe, expect, it } from 'vitest'
import { adamW } from '../../src/train/adamW.ts'
import type { Arrays } from '../../src/train/arrays.ts'
import type { Optimizer } from '../../src/train/optimizers.ts'
import { sgd } from '../../src/train/sgd.ts'
import { arraysOf, bitsOf, readValues, type TorchValues } from './reference.ts'

const torch = readValues<TorchValues>('optimizers')
const spareBias = (name: string) => !name.endsWith('bias')

const cases: Readonly<Record<string, Optimizer>> = {
  plain: sgd({ momentum: 0, weightDecay: 0 }),
  decay: sgd({ momentum: 0, weightDecay: 0.01 }),
  momentum: sgd({ momentum: 0.9, weightDecay: 5e-4 }),
  dampened: sgd({ momentum: 0.8, dampening: 0.3, weightDecay: 1e-3 }),
  nesterov: sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-4 }),
  spared: sgd({ momentum: 0.9, weightDecay: 0.1, decay: spareBias }),
  adamW: adamW(),
  adamWOther: adamW({ beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.2 }),
  adamWSpared: adamW({ weightDecay: 0.3, decay: spareBias }),
}

/** Parameters after each step, with the gradients of a step handed over in the given parts. */
function train(optimizer: Optimizer, parts: (gradients: Arrays) => readonly Arrays[]) {
  const parameters = arraysOf(torch.start)
  const state = optimizer.init(parameters)
  return torch.gradients.map((gradients, step) => {
    optimizer.begin(state)
    for (const part of parts(arraysOf(gradients))) {
      optimizer.update({ parameters, gradients: part, state, rate: torch.rates[step] })
    }
    return bitsOf(parameters)
  })
}

describe('optimizers', () => {
  it('are tried on every run PyTorch made', () => {
    expect(Object.keys(cases)).toEqual(Object.keys(torch.runs))
  })

  it.each(Object.keys(cases))('%s equals PyTorch to the bit at every step', (name) => {
    expect(train(cases[name], (all) => [all])).toEqual(torch.runs[name])
  })

  it.each(Object.keys(cases))('%s takes gradients in any parts and order', (name) => {
    const oneByOne = (all: Arrays) => [...all].reverse().map((each) => new Map([each]))
    expect(train(cases[name], oneByOne)).toEqual(train(cases[name], (all) => [all]))
  })

  it.each([sgd(), adamW()])(
    '$name goes on from a copied state as if nothing had been',
    (optimizer) => {
      const parameters = arraysOf(torch.start)
      let state = optimizer.init(parameters)
      for (const [step, gradients] of torch.gradients.entries()) {
        state = structuredClone(state)
        optimizer.begin(state)
        optimizer.update({
          parameters,
          gradients: arraysOf(gradients),
          state,
          rate: torch.rates[step],
        })
      }
      expect(bitsOf(parameters)).toEqual(train(optimizer, (all) => [all]).at(-1))
    },
  )

  it('leaves gradients, and parameters without one, as they are', () => {
    const parameters = arraysOf(torch.start)
    const gradients = new Map([...arraysOf(torch.gradients[0])].slice(0, 1))
    const optimizer = adamW()
    const state = optimizer.init(parameters)
    optimizer.begin(state)
    optimizer.update({ parameters, gradients, state, rate: 0.1 })
    expect(bitsOf(gradients)['conv.weight']).toEqual(torch.gradients[0]['conv.weight'])
    expect(bitsOf(parameters)['conv.bias']).toEqual(torch.start['conv.bias'])
  })

  it('remembers one array a slot and parameter, none without momentum', () => {
    const parameters = arraysOf(torch.start)
    expect([...adamW().init(parameters).slots.keys()]).toEqual([
      'mean/conv.weight',
      'mean/conv.bias',
      'square/conv.weight',
      'square/conv.bias',
    ])
    expect(sgd({ momentum: 0 }).init(parameters).slots.size).toBe(0)
  })

  it('accepts an empty set of gradients', () => {
    const state = sgd().init(new Map())
    sgd().begin(state)
    sgd().update({ parameters: new Map(), gradients: new Map(), state, rate: 1 })
    expect(state).toEqual({ step: 1, slots: new Map() })
  })

  it('names what does not fit', () => {
    const parameters = new Map([['w', new Float32Array(3)]])
    const optimizer = sgd()
    const state = optimizer.init(parameters)
    const update = (gradients: Arrays) => () =>
      optimizer.update({ parameters, gradients, state, rate: 1 })
    expect(update(new Map())).toThrow('sgd: update() came before begin()')
    optimizer.begin(state)
    expect(update(new Map([['w', new Float32Array(2)]]))).toThrow(
      'optimizer: w has 3 numbers, its gradient 2',
    )
    expect(update(new Map([['v', new Float32Array(2)]]))).toThrow(
      'optimizer: v has nothing, its gradient 2',
    )
    expect(() => sgd({ momentum: 1 })).toThrow('sgd: momentum cannot be 1')
    expect(() => sgd({ nesterov: true, dampening: 0.1 })).toThrow('nesterov')
    expect(() => adamW({ epsilon: 0 })).toThrow('adamW: epsilon cannot be 0')
  })
})
