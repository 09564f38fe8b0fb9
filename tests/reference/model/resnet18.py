# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==1.13.0", "numpy==1.24.2"]
# ///
"""PyTorch's answer for a whole ResNet18: reads weights, running statistics and a batch (safetensors), writes
the loss, the logits, the gradient of every parameter and the running statistics after one forward pass, and
the losses of a number of SGD steps on the same batch.

    python3 tests/reference/model/resnet18.py IN.safetensors OUT.safetensors [float64|float32] [STEPS RATE]
"""

import json
import struct
import sys

import numpy as np
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        straight = self.downsample(x) if self.downsample else x
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + straight)


class ResNet18(nn.Module):
    """As in torchvision, with its names."""

    def __init__(self, channels, widths, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, widths[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        before = widths[0]
        for i, out in enumerate(widths):
            blocks = nn.Sequential(Block(before, out, 1 if i == 0 else 2), Block(out, out, 1))
            setattr(self, f"layer{i + 1}", blocks)
            before = out
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def read(path):
    raw = open(path, "rb").read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    tensors = {}
    for name, about in header.items():
        if name != "__metadata__":
            start, end = about["data_offsets"]
            data = np.frombuffer(raw[8 + length + start : 8 + length + end], "<f4")
            tensors[name] = torch.from_numpy(data.reshape(about["shape"]).copy())
    return tensors


def write(path, tensors):
    header, chunks, at = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().to(torch.float64).numpy().astype("<f8").tobytes()
        header[name] = {"dtype": "F64", "shape": list(tensor.shape), "data_offsets": [at, at + len(data)]}
        chunks.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def main(source, target, kind="float64", steps="0", rate="0.01"):
    given = read(source)
    image, wanted = given.pop("image"), given.pop("target")
    widths = [given[f"layer{i}.0.conv1.weight"].shape[0] for i in (1, 2, 3, 4)]
    dtype = getattr(torch, kind)
    net = ResNet18(image.shape[1], widths, wanted.shape[1])
    net.load_state_dict(given, strict=False)
    net.to(dtype).train()
    image, labels = image.to(dtype), wanted.argmax(1)
    loss_of = nn.CrossEntropyLoss()
    logits = net(image)
    loss = loss_of(logits, labels)
    loss.backward()
    out = {"loss": loss, "logits": logits}
    for name, parameter in net.named_parameters():
        out[f"d:{name}"] = parameter.grad.clone()
    for name, buffer in net.named_buffers():
        out[name] = buffer.clone()  # The steps below begin with the given ones again.
    optimizer = torch.optim.SGD(net.parameters(), lr=float(rate), momentum=0.9)
    losses = []
    net.load_state_dict(given, strict=False)
    for _ in range(int(steps)):
        optimizer.zero_grad()
        step_loss = loss_of(net(image), labels)
        step_loss.backward()
        optimizer.step()
        losses.append(step_loss.item())
    out["losses"] = torch.tensor(losses, dtype=torch.float64)
    write(target, out)


main(*sys.argv[1:])
