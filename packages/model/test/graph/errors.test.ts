import { describe, expect, it } from 'vitest'
import { ModelError } from '../../src/errors.ts'
import { GraphBuilder } from '../../src/graph/builder.ts'
import type { Attributes, Dim } from '../../src/graph/graph.ts'
import { groupNorm } from '../../src/graph/ops/windows.ts'
import { longs } from '../../src/tensor.ts'

type Input = readonly Dim[] | { readonly longs: readonly number[] }

function messageOf(op: string, inputs: readonly Input[], attributes: Attributes = {}): string {
  const g = new GraphBuilder()
  const values = inputs.map((input, i) =>
    'longs' in input ? g.constant(longs(input.longs), 'list') : g.input(`x${i}`, input),
  )
  try {
    g.op(op, values, { attributes })
  } catch (error) {
    if (error instanceof ModelError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no error'
}

const list = (...values: number[]) => ({ longs: values })

describe('what does not fit is refused with both sides of it', () => {
  const image = [1, 4, 5, 5]
  const said: readonly (readonly [string, readonly Input[], Attributes, string])[] = [
    [
      'Add',
      [[2, 3], [4]],
      {},
      'Add: shapes [2, 3] and [4] do not fit together (in Add(x0 [2, 3], x1 [4]))',
    ],
    [
      'Add',
      [
        ['batch', 3],
        [5, 3],
      ],
      {},
      'Add: shapes [batch, 3] and [5, 3] do not fit together',
    ],
    ['Add', [[2]], {}, 'no error'],
    ['Add', [[2], list(1, 2)], {}, 'Add: element types float32 and int64 do not fit together'],
    [
      'MatMul',
      [
        [2, 3],
        [4, 2],
      ],
      {},
      'MatMul: 3 columns meet 4 rows',
    ],
    ['MatMul', [[2, 3], []], {}, 'MatMul: a number is no matrix'],
    [
      'Gemm',
      [
        [2, 3],
        [3, 2],
        [3, 2],
      ],
      {},
      'Gemm: shapes [2, 2] and [3, 2] do not fit together',
    ],
    [
      'Gemm',
      [
        [2, 3],
        [3, 2],
        [1, 2, 2],
      ],
      {},
      'Gemm: the summand is larger than the product',
    ],
    [
      'Gemm',
      [
        [1, 2, 3],
        [3, 2],
      ],
      {},
      'Gemm: wanted two matrices',
    ],
    ['Conv', [image, [2, 3, 3, 3]], {}, 'Conv: got 4 channels, the weights want 3'],
    [
      'Conv',
      [image, [3, 2, 3, 3]],
      { group: 2 },
      'Conv: group does not divide the output channels',
    ],
    ['Conv', [image, [2, 4, 7, 7]], {}, 'Conv: the kernel is larger than the image'],
    [
      'Conv',
      [image, [2, 4, 3, 3]],
      { kernel_shape: [3, 2] },
      'Conv: kernel_shape is not that of the weights',
    ],
    [
      'Conv',
      [image, [2, 4, 3, 3]],
      { auto_pad: 'SAME_UPPER' },
      'Conv: auto_pad is not supported: write the pads',
    ],
    [
      'Conv',
      [
        [1, 4, 'high', 5],
        [2, 4, 3, 3],
      ],
      {},
      'axis 2 of x0: wanted a known size, got high',
    ],
    ['MaxPool', [image], { kernel_shape: [6, 6] }, 'MaxPool: the kernel is larger than the image'],
    ['MaxPool', [image], {}, 'attribute kernel_shape: wanted a list of numbers'],
    ['ConvTranspose', [image, [3, 2, 3, 3]], {}, 'ConvTranspose: channels do not fit the weights'],
    ['Reshape', [[2, 3], list(4)], {}, 'Reshape: got 6 elements, wanted 4'],
    ['Reshape', [[2, 3], list(4, -1)], {}, 'Reshape: 6 elements cannot be divided by 4'],
    [
      'Reshape',
      [['batch', 3], list(2, -1)],
      {},
      'Reshape: an unknown size cannot be joined with others',
    ],
    ['Reshape', [[2, 3], list(2, 3, 0)], {}, 'Reshape: no size to keep at the place of a 0'],
    ['Reshape', [[2, 3], [2]], {}, 'Reshape: x1 must be a constant'],
    ['Expand', [[3], list(4)], {}, 'Expand: shapes [3] and [4] do not fit together'],
    ['Transpose', [[2, 3]], { perm: [0, 0] }, 'Transpose: [0, 0] is no order of 2 axes'],
    ['Squeeze', [[2, 1], list(0)], {}, 'Squeeze: axis 0 has size 2, wanted 1'],
    [
      'Concat',
      [
        [2, 3],
        [3, 3],
      ],
      { axis: 1 },
      'Concat: shapes differ beside the joined axis',
    ],
    ['Split', [[4], list(1, 2)], {}, 'Split: got parts of 3 together, the axis has 4'],
    ['Split', [[4]], { num_outputs: 9 }, 'Split: cannot cut 4 into 9'],
    ['Slice', [[4], list(0), list(2), list(1)], {}, 'Slice: axis 1 of a tensor with 1 axes'],
    ['Slice', [[4], list(0), list(2), list(0), list(0)], {}, 'Slice: a step of 0'],
    ['Pad', [[4], list(1)], {}, 'Pad: got 1 sizes, wanted 2'],
    ['ReduceSum', [[4], list(3)], {}, 'ReduceSum: axis 3 of a tensor with 1 axes'],
    ['Cast', [[4]], { to: 99 }, 'Cast: unknown element type'],
    ['NoSuch', [[4]], {}, 'no operator onnx.NoSuch'],
    ['constructor', [[4]], {}, 'no operator onnx.constructor'],
  ]
  for (const [op, inputs, attributes, expected] of said) {
    it(`${op}: ${expected}`, () => expect(messageOf(op, inputs, attributes)).toContain(expected))
  }

  it('an input that is missing', () => {
    const g = new GraphBuilder()
    expect(() => g.op('Relu', [])).toThrow('Relu: input 0 is missing')
  })

  it('a name that is taken', () => {
    const g = new GraphBuilder('net')
    g.input('x', [1])
    expect(() => g.input('x', [2])).toThrow('graph net: the name x is taken')
  })

  it('groups that do not divide the channels', () => {
    const g = new GraphBuilder()
    const [x, scale] = [g.input('x', [1, 5, 2, 2]), g.input('scale', [5])]
    const norm = () => groupNorm(g, x, { scale, bias: scale, groups: 2 })
    expect(norm).toThrow('groupNorm: 2 groups do not divide 5 channels')
  })
})
