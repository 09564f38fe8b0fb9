# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==1.13.0", "numpy==1.24.2"]
# ///
"""Writes values/operators.json: ONNX operators on numbers from fixed seeds, and what PyTorch makes of them in float64:
the outputs, and the gradients of sum(output * weight) with respect to every input that is not whole numbers.

Rerun with: uv run tests/reference/model/operators.py
Inputs are exact in float32. Arrays are little-endian float32 (whole numbers: int64) in base64.
"""

import base64
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

values = pathlib.Path(__file__).parent / "values"
random = np.random.default_rng(20260315)
cases = []


def normal(*shape):
    return torch.from_numpy(random.normal(size=shape).astype(np.float32).astype(np.float64))


def positive(*shape):
    return normal(*shape).abs().float().double() + 0.5


def numbers(values, *shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape or (-1,))


def whole(*values):
    return torch.tensor(values, dtype=torch.int64)


def written(tensor):
    kind = np.int64 if tensor.dtype == torch.int64 else np.uint8 if tensor.dtype == torch.bool else np.float32
    data = np.ascontiguousarray(tensor.detach().numpy().astype(kind))
    assert kind != np.float32 or np.isfinite(data).all()
    kinds = {np.int64: "int64", np.uint8: "bool", np.float32: "float32"}
    return {"type": kinds[kind], "dims": list(tensor.shape), "data": base64.b64encode(data.tobytes()).decode()}


def case(op, says, inputs, forward, attributes=None, fixed=()):
    """`forward` gets the inputs; those at the places `fixed`, and whole numbers, are constants of the graph."""
    given = [None if x is None else x.clone() for x in inputs]
    learned = [i for i, x in enumerate(given) if x is not None and x.dtype == torch.float64 and i not in fixed]
    for i in learned:
        given[i].requires_grad_()
    outputs = forward(*given)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    weights = [normal(*y.shape) for y in outputs]
    sum((y * w).sum() for y, w in zip(outputs, weights)).backward()
    cases.append({
        "op": op,
        "says": says,
        "attributes": attributes or {},
        "inputs": [x if x is None else {**written(x), "learned": i in learned} for i, x in enumerate(given)],
        "outputs": [written(y) for y in outputs],
        "weights": [written(w) for w in weights],
        "gradients": [written(given[i].grad) for i in learned],
    })


def real(value):
    return {"float": value}


# Windows

def around(x, pads, value=0.0):
    top, left, bottom, right = pads
    return F.pad(x, (left, right, top, bottom), value=value)


def conv(says, image, weights, bias=False, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), group=1):
    inputs = [normal(*image), normal(*weights)] + ([normal(weights[0])] if bias else [])
    attributes = {"strides": strides, "pads": pads, "dilations": dilations, "group": group}
    case("Conv", says, inputs, lambda x, w, b=None: F.conv2d(around(x, pads), w, b, strides, 0, dilations, group), attributes)


def conv_transpose(says, image, weights, bias=False, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), group=1, extra=(0, 0)):
    inputs = [normal(*image), normal(*weights)] + ([normal(weights[1] * group)] if bias else [])

    def forward(x, w, b=None):
        full = F.conv_transpose2d(x, w, b, strides, 0, extra, group, dilations)
        return full[:, :, pads[0]:full.shape[2] - pads[2], pads[1]:full.shape[3] - pads[3]]

    attributes = {"strides": strides, "pads": pads, "dilations": dilations, "group": group, "output_padding": extra}
    case("ConvTranspose", says, inputs, forward, attributes)


conv("3x3, bias", (2, 3, 7, 6), (4, 3, 3, 3), bias=True, pads=(1, 1, 1, 1))
conv("grouped", (2, 4, 6, 6), (6, 2, 3, 3), bias=True, group=2)
conv("depthwise, stride 2", (2, 4, 7, 8), (4, 1, 5, 5), group=4, strides=(2, 2), pads=(2, 2, 2, 2))
conv("stride 2, a rest at the edge", (2, 3, 8, 9), (5, 3, 3, 3), strides=(2, 3), pads=(1, 1, 1, 1))
conv("7x7, stride 2", (1, 3, 16, 16), (4, 3, 7, 7), strides=(2, 2), pads=(3, 3, 3, 3))
conv("dilated", (1, 2, 9, 8), (3, 2, 3, 2), dilations=(2, 3), pads=(2, 0, 1, 3))
conv("asymmetric", (2, 2, 5, 6), (3, 2, 2, 3), pads=(0, 2, 1, 0))
conv("1x1, stride 2", (2, 3, 7, 6), (4, 3, 1, 1), strides=(2, 2))
conv("more padding than the kernel reaches", (1, 2, 4, 5), (2, 2, 2, 3), pads=(3, 4, 2, 3))
conv("many channels", (1, 4, 3, 3), (136, 4, 1, 1))
conv_transpose("stride 2, output padding", (2, 3, 4, 5), (3, 2, 3, 3), bias=True, strides=(2, 2), pads=(1, 1, 1, 1), extra=(1, 1))
conv_transpose("grouped, asymmetric", (1, 4, 4, 3), (4, 2, 3, 3), strides=(2, 1), pads=(1, 0, 0, 1), group=2)
conv_transpose("dilated", (1, 2, 4, 4), (2, 3, 2, 3), strides=(2, 3), dilations=(2, 2), extra=(1, 2))


def max_pool(says, kernel, strides, pads=(0, 0, 0, 0), dilations=(1, 1), ceil=0):
    def forward(x):
        if ceil:  # PyTorch knows no asymmetric ones; these cases have none
            return F.max_pool2d(x, kernel, strides, pads[:2], dilations, True)
        return F.max_pool2d(around(x, pads, -torch.inf), kernel, strides, 0, dilations)

    attributes = {"kernel_shape": kernel, "strides": strides, "pads": pads, "dilations": dilations, "ceil_mode": ceil}
    case("MaxPool", says, [normal(2, 3, 7, 8)], forward, attributes)


def average_pool(says, kernel, strides, pads=(0, 0, 0, 0), count=0, ceil=0):
    def forward(x):
        if ceil:
            return F.avg_pool2d(x, kernel, strides, pads[:2], True, bool(count))
        mean = F.avg_pool2d(around(x, pads), kernel, strides)
        return mean if count else mean / F.avg_pool2d(around(torch.ones_like(x), pads), kernel, strides)

    attributes = {"kernel_shape": kernel, "strides": strides, "pads": pads, "count_include_pad": count, "ceil_mode": ceil}
    case("AveragePool", says, [normal(2, 3, 7, 8)], forward, attributes)


max_pool("overlapping", (3, 3), (2, 2), (1, 1, 1, 1))
max_pool("asymmetric", (3, 2), (2, 1), (0, 1, 2, 0))
max_pool("hanging over", (3, 3), (2, 3), (1, 1, 1, 1), ceil=1)
max_pool("dilated", (2, 2), (1, 2), dilations=(2, 3))
average_pool("2x2", (2, 2), (2, 2))
average_pool("zeros not counted", (3, 3), (2, 2), (1, 1, 1, 0))
average_pool("zeros counted", (3, 3), (2, 2), (1, 0, 1, 1), count=1)
average_pool("hanging over", (3, 2), (2, 3), (1, 1, 1, 1), ceil=1)
average_pool("hanging over, zeros counted", (3, 2), (2, 3), (1, 1, 1, 1), count=1, ceil=1)
case("GlobalAveragePool", "5x4", [normal(2, 3, 5, 4)], lambda x: x.mean((2, 3), keepdim=True))

# Norms

epsilon = {"epsilon": real(1e-3)}
# Numbers that the operator overwrites: each other ones, or the runtime would keep one array for both.
overwritten = [numbers([8388700.0 + i] * 4) for i in range(2)]


def by_batch(x, scale, bias, *_):
    return F.batch_norm(x, None, None, scale, bias, True, 0, 1e-3)


def by_running(x, scale, bias, mean, variance):
    return F.batch_norm(x, mean, variance, scale, bias, False, 0, 1e-3)


channels = [normal(3, 4, 3, 5) * 2 + 1, positive(4), normal(4)]
case("BatchNormalization", "training", channels + overwritten, by_batch, {**epsilon, "training_mode": 1, "momentum": real(0.0)}, (3, 4))
case("BatchNormalization", "evaluation", channels + [normal(4), positive(4)], by_running, epsilon, (3, 4))
case("groupNorm", "two groups", channels, lambda x, scale, bias: F.group_norm(x, 2, scale, bias, 1e-5))

# Elementwise

# Both sides of every kink, and the kinks themselves where PyTorch and ONNX agree on them.
bent = numbers([-4.5, -3.25, -3, -2.5, -1.5, -1, -0.5, -0.125, 0.125, 0.5, 1, 1.5, 2.5, 3, 3.25, 4.5], 4, 4)
for op, forward in {
    "Abs": torch.abs,
    "Neg": torch.neg,
    "Relu": torch.relu,
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "Exp": torch.exp,
    "Softplus": F.softplus,
    "HardSwish": lambda x: F.hardswish(x),
    "silu": F.silu,
    "Identity": lambda x: x * 1,
}.items():
    case(op, "both sides", [bent], forward)
case("HardSigmoid", "slope 1/6", [bent[:, 1:3]], F.hardsigmoid, {"alpha": real(1 / 6), "beta": real(0.5)})
for op, forward in {"Log": torch.log, "Sqrt": torch.sqrt, "Reciprocal": torch.reciprocal}.items():
    case(op, "positive", [positive(3, 4)], forward)
case("Clip", "the bounds too", [bent, numbers([-1.0], 1).reshape(()), numbers([3.0]).reshape(())], lambda x, low, high: x.clamp(low.item(), high.item()), fixed=(1, 2))
case("Cast", "to the same", [normal(3)], lambda x: x * 1, {"to": 1})

for op, forward in {
    "Add": torch.add,
    "Sub": torch.sub,
    "Mul": torch.mul,
    "Div": torch.div,
    "Max": torch.maximum,
    "Min": torch.minimum,
}.items():
    case(op, "same shapes", [normal(3, 4), normal(3, 4)], forward)
    case(op, "stretched", [normal(2, 1, 4), positive(3, 1)], forward)
    case(op, "a number", [normal(2, 3), positive(1).reshape(())], forward)
case("Max", "a tie", [numbers([1, 2, 3]), numbers([1, 3, 2])], torch.maximum)
case("Min", "a tie", [numbers([1, 2, 3]), numbers([1, 3, 2])], torch.minimum)
case("Pow", "stretched", [positive(2, 1, 4), normal(3, 1)], torch.pow)
case("Pow", "squares, zero too", [numbers([-2, -0.5, 0, 0.5, 3]), numbers([2.0]).reshape(())], torch.pow, fixed=(1,))
case("Pow", "to the power of 0 and 1", [numbers([0, 0, 2, 2, -1]), numbers([0, 1, 0, 1, 0])], torch.pow, fixed=(1,))
case("Where", "stretched", [torch.tensor([[True], [False], [True]]), normal(3, 4), normal(2, 1, 4)], torch.where)
case("dropout", "by a mask", [normal(4, 5), numbers([0, 2, 2, 0, 2] * 4, 4, 5)], lambda x, mask: x * mask, fixed=(1,))

# Products

case("MatMul", "matrices", [normal(3, 4), normal(4, 2)], torch.matmul)
case("MatMul", "batches that stretch", [normal(2, 1, 3, 4), normal(3, 4, 2)], torch.matmul)
case("MatMul", "a vector before", [normal(4), normal(2, 4, 3)], torch.matmul)
case("MatMul", "a vector behind", [normal(2, 3, 4), normal(4)], torch.matmul)
for a in (0, 1):
    for b in (0, 1):
        inputs = [normal(5, 4) if a else normal(4, 5), normal(3, 5) if b else normal(5, 3), normal(4, 1) if a else normal(3)]
        case("Gemm", f"turned {a} {b}", inputs, lambda x, w, c: 0.5 * (x.T if a else x) @ (w.T if b else w) - 2 * c,
             {"transA": a, "transB": b, "alpha": real(0.5), "beta": real(-2.0)})

# Sums

tied = numbers([3, 3, 1, 3, 0, 2, 2, 1, 5, 5, 5, 5], 2, 3, 2)
for op, forward in {"ReduceSum": torch.sum, "ReduceMean": torch.mean, "ReduceMax": torch.amax, "ReduceMin": torch.amin}.items():
    for keep in (0, 1):
        case(op, f"keepdims {keep}", [normal(2, 3, 4), whole(0, -1)], lambda x, axes: forward(x, tuple(axes.tolist()), keepdim=bool(keep)), {"keepdims": keep})
    case(op, "all", [normal(2, 3, 4)], lambda x: forward(x, (0, 1, 2)), {"keepdims": 0})
    case(op, "ties", [tied, whole(1)], lambda x, axes: forward(x, (1,)), {"keepdims": 0})
for axis in (-1, 1):
    case("Softmax", f"along {axis}", [normal(2, 3, 4) * 4], lambda x: x.softmax(axis), {"axis": axis})
    case("LogSoftmax", f"along {axis}", [normal(2, 3, 4) * 4], lambda x: x.log_softmax(axis), {"axis": axis})

# Places

case("Reshape", "left over", [normal(2, 3, 4), whole(0, -1)], lambda x, _: x.reshape(2, 12))
case("Flatten", "to rows", [normal(2, 3, 4)], lambda x: x.flatten(1))
case("Squeeze", "one axis", [normal(2, 1, 4), whole(1)], lambda x, _: x.squeeze(1))
case("Unsqueeze", "in front", [normal(2, 4), whole(0)], lambda x, _: x.unsqueeze(0))
case("Transpose", "turned", [normal(2, 3, 4)], lambda x: x.permute(2, 0, 1), {"perm": (2, 0, 1)})
case("Expand", "stretched", [normal(3, 1), whole(2, 1, 4)], lambda x, _: x.expand(2, 3, 4))
case("Concat", "three", [normal(2, 1, 3), normal(2, 3, 3), normal(2, 2, 3)], lambda *x: torch.cat(x, 1), {"axis": 1})
case("Split", "three", [normal(2, 6), whole(1, 3, 2)], lambda x, _: x.split([1, 3, 2], 1), {"axis": 1})
case("Slice", "negative start, step 2", [normal(3, 7), whole(-6, 1), whole(7, 3), whole(1, 0), whole(2, 1)], lambda x, *_: x[1:3, 1:7:2])
case("Slice", "backward", [normal(3, 7), whole(5), whole(-99), whole(-1), whole(-2)], lambda x, *_: x.flip(1)[:, 1::2])
case("Pad", "all around", [normal(2, 3, 4), whole(0, 1, 2, 1, 0, 3)], lambda x, _: F.pad(x, (2, 3, 1, 0, 0, 1)))
case("Pad", "taken off", [normal(3, 5), whole(-1, 2, 0, -3)], lambda x, _: F.pad(x, (2, -3, -1, 0)))
case("Gather", "rows that repeat", [normal(3, 4), torch.tensor([[2, 0], [2, -3]])], lambda x, i: x[i % 3], {"axis": 0})
case("Gather", "of the last axis", [normal(2, 3, 4), whole(3, 1, 1)], lambda x, i: x[:, :, i], {"axis": -1})


def resize(says, size, image, how, **attributes):
    case("Resize", says, [normal(*image), None, None, whole(*image[:2], *size)], lambda x, *_: F.interpolate(x, size, **how), attributes)


for says, size, image in [("up", (8, 9), (1, 2, 4, 5)), ("down", (3, 2), (1, 2, 7, 5)), ("both", (3, 11), (2, 1, 6, 4))]:
    resize(f"nearest {says}", size, image, {"mode": "nearest"}, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    resize(f"nearest pixel {says}", size, image, {"mode": "nearest-exact"}, mode="nearest", coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_ceil")
    resize(f"linear {says}", size, image, {"mode": "bilinear", "align_corners": False}, mode="linear", coordinate_transformation_mode="half_pixel")
    resize(f"linear as PyTorch {says}", size, image, {"mode": "bilinear", "align_corners": False}, mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    resize(f"corners kept {says}", size, image, {"mode": "bilinear", "align_corners": True}, mode="linear", coordinate_transformation_mode="align_corners")

written_cases = {"versions": {"torch": torch.__version__, "numpy": np.__version__}, "cases": cases}
text = json.dumps(written_cases, separators=(",", ":")) + "\n"
(values / "operators.json").write_text(text)
print(f"{len(cases)} cases, {len(text)} bytes")
