// Writes graphs as ONNX files into a folder, for check_onnx.py to look at:
//     node --conditions=@nebulift/source packages/model/test/onnx/writeSamples.ts FOLDER
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeOnnx } from '../../src/onnx/encode.ts'
import { elementwiseCases } from '../gradient/cases/elementwise.ts'
import { layoutCases } from '../gradient/cases/layout.ts'
import { sumCases } from '../gradient/cases/sums.ts'
import { windowCases } from '../gradient/cases/windows.ts'
import { graphsOf } from '../gradient/check.ts'
import { inferenceGraph, trainingStep } from './models.ts'

const [folder = 'onnx'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
// Before opset 22 ONNX counts a pool's window that begins behind the image; PyTorch and the runtime do not.
const disputed = 'hanging over, stride larger than the kernel'
const cases = [...elementwiseCases, ...layoutCases, ...sumCases, ...windowCases].filter(
  ({ says }) => says !== disputed,
)
const graphs = new Map(cases.map((tested, i) => [`${tested.op}-${i}`, graphsOf(tested).forward]))
graphs.set('inference', inferenceGraph())
graphs.set('training', trainingStep())
for (const [name, graph] of graphs) writeFileSync(join(folder, `${name}.onnx`), encodeOnnx(graph))
