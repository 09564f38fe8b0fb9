"""Laps of PyTorch for the benchmarks: one line in (a task), one line of JSON out (its time).

Started once and kept, so that a lap holds no start of Python. The one argument is JSON: classes, width,
sizePx, batch, threads, layout ("default" or "channels_last"). Tasks: "train" is one step (loss, gradients,
SGD with momentum and weight decay), "predict" the probabilities of a batch in eval mode without gradients,
"frozen" the same of the network traced, frozen and optimised for inference, "peak" the largest resident size of this process in bytes (Linux). As in rivals/torch.ts.
"""
import json
import re
import sys
import time

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        straight = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + straight)


def resnet18(widths, classes):
    """As in torchvision, which Debian does not ship."""
    layers, before = [], widths[0]
    for i, out in enumerate(widths):
        layers += [Block(before, out, 1 if i == 0 else 2), Block(out, out, 1)]
        before = out
    return nn.Sequential(
        nn.Conv2d(3, widths[0], 7, 2, 3, bias=False),
        nn.BatchNorm2d(widths[0]),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
        *layers,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(before, classes),
    )


def peak():
    # Not getrusage's figure: that counts what the starting process held before it became this one.
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024


def tasks(classes, width, sizePx, batch, threads, layout):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    widths = [max(16, int(n * width / 16 + 0.5) * 16) for n in (64, 128, 256, 512)]
    order = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    net = resnet18(widths, classes).to(memory_format=order)
    image = torch.randn(batch, 3, sizePx, sizePx).to(memory_format=order)
    labels = torch.randint(0, classes, (batch,))
    loss_of = nn.CrossEntropyLoss()
    # The rate is that of rivals/torch.ts: small, so that many laps on one batch stay ordinary numbers.
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)

    def train():
        net.train()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(image), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    def probabilities(model):
        with torch.no_grad():
            return float(torch.softmax(model(image), 1).max())

    made = []

    def frozen():
        if not made:  # In the first lap, which is thrown away.
            traced = torch.jit.freeze(torch.jit.trace(net.eval(), image))
            made.append(torch.jit.optimize_for_inference(traced))
        return probabilities(made[0])

    parameters = sum(p.numel() for p in net.parameters())
    known = {
        "train": train,
        "predict": lambda: probabilities(net.eval()),
        "frozen": frozen,
        "peak": peak,
    }
    return known, parameters


def main():
    known, parameters = tasks(**json.loads(sys.argv[1]))
    print(json.dumps({"parameters": parameters}), flush=True)
    for line in sys.stdin:
        start, cpu = time.perf_counter(), time.process_time()
        result = known[line.strip()]()
        took = (time.perf_counter() - start) * 1000
        used = (time.process_time() - cpu) * 1000
        print(json.dumps({"ms": took, "cpuMs": used, "result": result}), flush=True)


main()
