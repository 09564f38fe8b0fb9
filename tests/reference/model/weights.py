# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==1.13.0", "numpy==1.24.2"]
# ///
"""Makes the small files in packages/model/test/weights/files: what torch.save writes, with the tensors torch
holds beside each as lines of JSON (type, dims and the little-endian bytes in base64; bfloat16 as float32); a pickle
that would run a command; and a safetensors file written by hand after the format's description, since it
must not come from the code it tests. All numbers come from fixed seeds: a second run writes the same bytes, but
for refused/legacy.pth, in which torch names storages by their place in memory.

    uv run tests/reference/model/weights.py
"""

import base64
import collections
import io
import json
import os
import pathlib
import struct
import zipfile

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "packages" / "model" / "test" / "weights" / "files"
random = np.random.default_rng(20260203)
torch.manual_seed(20260203)


def described(tensor):
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array = tensor.contiguous().numpy()
    return {
        "type": str(array.dtype),
        "dims": list(array.shape),
        "base64": base64.b64encode(array.tobytes()).decode(),
    }


def write_truth(name, descriptions):
    """One line of JSON for each tensor, in order."""
    lines = [json.dumps([key, each], ensure_ascii=False) for key, each in descriptions.items()]
    (FOLDER / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))


def described_all(tensors):
    return {key: described(each) for key, each in tensors.items()}


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def write(name, value, tensors, **options):
    (FOLDER / name).write_bytes(saved(value, **options))
    write_truth(name, described_all(tensors))


def floats(*shape):
    return torch.from_numpy(random.normal(size=shape).astype(np.float32))


def network():
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Linear(16, 2)
    )


def views():
    """Windows on storages: transposed, stepped, repeated, shared, offset, empty, of no dimension."""
    base = floats(4, 6)
    cube = floats(2, 3, 4)
    return collections.OrderedDict(
        [
            ("whole", base),
            ("transposed", base.t()),
            ("rows", base[1:3]),
            ("columns", base[:, 2:5]),
            ("stepped", base[::2, ::3]),
            ("permuted", cube.permute(2, 0, 1)),
            ("channelsLast", floats(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)),
            ("expanded", floats(3, 1).expand(3, 5)),
            ("tied", cube),
            ("tiedAgain", cube),
            ("scalar", torch.tensor(2.5)),
            ("fromTheMiddle", base[2, 3]),
            ("empty", torch.zeros(0, 3)),
        ]
    )


def types():
    special = torch.tensor([0.0, -0.0, 1.5, float("nan"), float("inf"), -float("inf"), 6e-8, 65504.0])
    ends = lambda dtype: torch.tensor([torch.iinfo(dtype).min, -1, 0, 1, torch.iinfo(dtype).max], dtype=dtype)
    return collections.OrderedDict(
        [
            ("float32", special),
            ("float64", special.double() * 1.1),
            ("half", special.half()),
            ("bfloat16", special.bfloat16()),
            ("bfloat16View", floats(3, 4).bfloat16().t()),
            ("long", ends(torch.int64)),
            ("int", ends(torch.int32)),
            ("short", ends(torch.int16)),
            ("char", ends(torch.int8)),
            ("byte", torch.tensor([0, 1, 255], dtype=torch.uint8)),
            ("bool", torch.tensor([True, False, True])),
        ]
    )


def checkpoint():
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(floats(5, 3)).sum().backward()
    optimizer.step()
    state = {"epoch": 7, "lr": 1e-3, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": None}
    return state, state["model"]


def repacked(archive, method):
    """The same archive as Python's zipfile writes it: deflated, say, as torch never does but reads."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(file, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), method)
    return file.getvalue()


def as_zip64(archive):
    """As zipfile writes what is too large for a plain zip, by telling it that ten bytes are."""
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 10
    try:
        return repacked(archive, zipfile.ZIP_STORED)
    finally:
        zipfile.ZIP64_LIMIT = limit


class RunsACommand:
    def __reduce__(self):
        return os.system, ("echo this must never be printed",)


def write_safetensors(name):
    """8 bytes of length, JSON, data: https://github.com/huggingface/safetensors#format"""
    tags = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32"}
    tags |= {"int16": "I16", "int8": "I8", "uint16": "U16", "uint8": "U8", "bool": "BOOL"}
    arrays = {tag: random.integers(0, 2, (2, 3)).astype(dtype) for dtype, tag in tags.items()}
    arrays["scalar"] = np.float32(0.1).reshape(())
    arrays["empty"] = np.zeros((3, 0), np.int16)
    brain = floats(5).bfloat16()
    header, data = {"__metadata__": {"format": "pt", "note": "größer als 0"}}, b""
    truth = {}
    for key, array in [*arrays.items(), ("BF16", brain)]:
        tag = "BF16" if array is brain else tags[str(array.dtype)]
        raw = struct.pack("<5H", *(brain.view(torch.int16).numpy().view(np.uint16))) if array is brain else array.tobytes()
        shape = list(array.shape)
        header[key] = {"dtype": tag, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
        array = brain.float().numpy() if array is brain else array
        truth[key] = {"type": str(array.dtype), "dims": shape, "base64": base64.b64encode(array.tobytes()).decode()}
    text = json.dumps(header).encode()
    (FOLDER / name).write_bytes(struct.pack("<Q", len(text)) + text + data)
    write_truth(name, truth)


FOLDER.mkdir(parents=True, exist_ok=True)
state = network().state_dict()
write("network.pth", state, state)
write("protocol4.pth", state, state, pickle_protocol=4)
write("protocol5.pth", state, state, pickle_protocol=5)
(FOLDER / "deflated.pth").write_bytes(repacked(saved(state), zipfile.ZIP_DEFLATED))
write_truth("deflated.pth", described_all(state))
(FOLDER / "zip64.pth").write_bytes(as_zip64(saved(state)))
write_truth("zip64.pth", described_all(state))
write("views.pth", views := views(), views)
write("types.pth", types := types(), types)
parameters = {"weight": torch.nn.Parameter(floats(2, 3)), "buffer": torch.arange(3)}
write("parameters.pth", parameters, parameters)
write("checkpoint.pth", *checkpoint())
parts = {"encoder": {"weight": floats(2)}, "heads": [{"bias": floats(1)}, {"bias": floats(2)}], "size": torch.Size([1])}
write("nested.pth", parts, {f"{path}": each for path, each in [
    ("encoder.weight", parts["encoder"]["weight"]),
    ("heads.0.bias", parts["heads"][0]["bias"]),
    ("heads.1.bias", parts["heads"][1]["bias"]),
]})
write_safetensors("mixed.safetensors")

refused = FOLDER / "refused"
refused.mkdir(exist_ok=True)
(refused / "legacy.pth").write_bytes(saved(parameters, _use_new_zipfile_serialization=False))
(refused / "runs-a-command.pth").write_bytes(saved({"weight": floats(2), "surprise": RunsACommand()}))
(refused / "whole-module.pth").write_bytes(saved(torch.nn.Linear(1, 1)))
torch.jit.script(torch.nn.ReLU()).save(refused / "scripted.pt")
