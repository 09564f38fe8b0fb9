# /// script
# requires-python = ">=3.11"
# dependencies = ["onnx==1.23.2"]
# ///
"""Asks ONNX's own checker, shape inference included, what it thinks of files that writeSamples.ts wrote:

    node --conditions=@nebulift/source packages/model/test/onnx/writeSamples.ts FOLDER
    uv run tests/reference/model/check_onnx.py FOLDER

Where inference tells the shape of an output, it must be the one that the file states. Operators of ONNX Runtime
are unknown to the checker, which passes over them.
"""

import pathlib
import sys

import onnx


def shapes(model):
    sizes = lambda value: [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
    return {value.name: sizes(value) for value in model.graph.output}


files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
for file in files:
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    stated = shapes(model)
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = shapes(onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True))
    for name, dims in inferred.items():
        assert not dims or dims == stated[name], f"{file.name}: {name} is {stated[name]}, ONNX infers {dims}"
print(f"{len(files)} files are sound")
