import {
  concat,
  expand,
  flatten,
  gather,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  transpose,
  unsqueeze,
} from '../../../src/graph/ops/layout.ts'
import { resize } from '../../../src/graph/ops/windows.ts'
import { type Random, random } from '../../../src/random.ts'
import { longs, tensor } from '../../../src/tensor.ts'
import type { Case } from '../check.ts'
import { normal } from '../draw.ts'

type Build = Case['build']

const of = (op: string, says: string, dims: readonly number[], build: Build): Case => ({
  op,
  says,
  inputs: [normal(random(says.length), dims)],
  build,
})

const size = [2, 3, 5]

const moved: Case[] = [
  of('Reshape', 'kept, left over', size, (g, [x]) => reshape(g, x, [0, -1])),
  of('Flatten', 'to rows', size, (g, [x]) => flatten(g, x)),
  of('Flatten', 'at the last axis', size, (g, [x]) =>
    g.op('Flatten', [x], { attributes: { axis: -1 } }),
  ),
  of('Squeeze', 'one axis', [2, 1, 3, 1], (g, [x]) => squeeze(g, x, [-1])),
  of('Squeeze', 'all axes', [2, 1, 3, 1], (g, [x]) => g.op('Squeeze', [x])),
  of('Unsqueeze', 'two axes', size, (g, [x]) => unsqueeze(g, x, [0, -1])),
  of('Transpose', 'turned', size, (g, [x]) => transpose(g, x, [2, 0, 1])),
  of('Transpose', 'backward', size, (g, [x]) => g.op('Transpose', [x])),
  of('Expand', 'stretched and led', [3, 1], (g, [x]) => expand(g, x, [2, 1, 4])),
  of('Concat', 'twice the same', size, (g, [x]) => concat(g, [x, x], -1)),
  {
    op: 'Concat',
    says: 'three sizes',
    inputs: [1, 3, 2].map((n, i) => normal(random(i), [2, n, 3])),
    build: (g, x) => concat(g, x, 1),
  },
  of('Split', 'three sizes', size, (g, [x]) => split(g, x, { sizes: [1, 3, 1], axis: -1 })),
  of('Split', 'one of them unused', size, (g, [x]) => split(g, x, { sizes: [2, 3], axis: 2 })[1]),
  of('Split', 'into a count', size, (g, [x]) =>
    g.add('Split', [x], { attributes: { axis: 2, num_outputs: 2 }, outputs: 2 }),
  ),
  of('Gather', 'rows that repeat', size, (g, [x]) =>
    gather(g, x, g.constant(longs([2, 0, 2, -3], [2, 2])), 1),
  ),
  of('Gather', 'one row', size, (g, [x]) => gather(g, x, g.constant(longs([1], [])), -1)),
]

const cuts: Case[] = (
  [
    ['middle', { axes: [1, 2], starts: [1, 1], ends: [3, 4] }],
    ['from the end', { axes: [-1], starts: [-3], ends: [-1] }],
    ['beyond both ends', { axes: [2, 1], starts: [-99, 1], ends: [99, 99] }],
    ['steps of 2', { axes: [2], starts: [1], ends: [5], steps: [2] }],
    ['steps of 2 and a rest', { axes: [2], starts: [0], ends: [4], steps: [2] }],
    ['steps of 3 on two axes', { axes: [1, 2], starts: [0, -4], ends: [3, 5], steps: [3, 3] }],
    ['backward', { axes: [2], starts: [-1], ends: [-99], steps: [-1] }],
    ['backward by 2', { axes: [2], starts: [3], ends: [0], steps: [-2] }],
    ['backward from beyond', { axes: [2, 0], starts: [99, 1], ends: [1, -9], steps: [-3, -1] }],
  ] as const
).map(([says, where]) => of('Slice', says, size, (g, [x]) => slice(g, x, where)))

const pads: Case[] = [
  of('Pad', 'all around', size, (g, [x]) => pad(g, x, [0, 1, 2, 1, 0, 3], 0.5)),
  of('Pad', 'taken off', size, (g, [x]) => pad(g, x, [0, -1, 2, 0, 0, -2])),
  of('Pad', 'named axes', size, (g, [x]) =>
    g.op('Pad', [x, g.constant(longs([1, 2])), undefined, g.constant(longs([-2]))]),
  ),
]

const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric']
const nearest = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']

function resizeCase(attributes: Readonly<Record<string, string>>, numbers: Random): Case {
  const pick = () => 1 + numbers.below(7)
  const [from, to] = [
    [1, 2, pick(), pick()],
    [1, 2, pick(), pick()],
  ]
  const says = `${Object.values(attributes).join(' ')}: ${from.slice(2)} to ${to.slice(2)}`
  return of('Resize', says, from, (g, [x]) =>
    g.op('Resize', [x, undefined, undefined, g.constant(longs(to))], { attributes }),
  )
}

const resizes: Case[] = coordinates.flatMap((coordinate_transformation_mode, i) => [
  ...nearest.flatMap((nearest_mode, j) =>
    Array.from({ length: 3 }, (_, k) =>
      resizeCase(
        { mode: 'nearest', coordinate_transformation_mode, nearest_mode },
        random(100 * i + 10 * j + k),
      ),
    ),
  ),
  ...Array.from({ length: 4 }, (_, k) =>
    resizeCase({ mode: 'linear', coordinate_transformation_mode }, random(1000 + 10 * i + k)),
  ),
])

const image = [1, 2, 4, 5]

const byScale = (mode: string): Case =>
  of('Resize', `${mode} by scales with a rest`, image, (g, [x]) =>
    g.op('Resize', [x, undefined, g.constant(tensor([1, 1, 1.3, 0.7]))], { attributes: { mode } }),
  )

const asPyTorch = (['nearest', 'linear'] as const).flatMap((mode) =>
  [false, true].map((alignCorners) =>
    of('Resize', `resize: ${mode} ${alignCorners}`, image, (g, [x]) =>
      resize(g, x, { size: [8, 3], mode, alignCorners }),
    ),
  ),
)

export const layoutCases: readonly Case[] = [
  ...moved,
  ...cuts,
  ...pads,
  ...resizes,
  byScale('nearest'),
  byScale('linear'),
  ...asPyTorch,
]
