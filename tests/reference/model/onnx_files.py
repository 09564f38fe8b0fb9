# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==1.13.0", "numpy==1.24.2"]
# ///
"""Makes packages/model/test/onnx/files/torch.onnx, a tiny network as torch.onnx.export writes it, and torch.json: an input and
what PyTorch makes of it in float64. All numbers come from a fixed seed.

    uv run tests/reference/model/onnx_files.py
"""

import json
import pathlib
import warnings

import torch
from torch import nn

warnings.simplefilter("ignore")
torch.manual_seed(20260316)
FOLDER = pathlib.Path(__file__).resolve().parents[3] / "packages" / "model" / "test" / "onnx" / "files"


class Tiny(nn.Module):
    """One of each kind of layer that networks for images are made of."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4), nn.SiLU())
        self.depthwise = nn.Sequential(nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=4), nn.Hardswish())
        self.up = nn.Sequential(nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1), nn.ReLU())
        self.squeeze = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 4, 1), nn.Hardsigmoid())
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = self.stem(x)
        x = x + self.depthwise(x)
        x = x * self.squeeze(x)
        small = self.pool(self.up(x))
        wide = nn.functional.interpolate(nn.functional.avg_pool2d(x, 2), size=small.shape[2:], mode="bilinear")
        logits = self.head(torch.cat([small, wide], 1).mean((2, 3)))
        return logits, logits.softmax(1)


network = Tiny()
for buffer in (network.stem[1].running_mean, network.stem[1].running_var):
    buffer.uniform_(0.5, 1.5)
network.eval()
x = torch.randn(2, 3, 8, 8)
torch.onnx.export(
    network, x, str(FOLDER / "torch.onnx"), opset_version=16, training=torch.onnx.TrainingMode.PRESERVE,
    input_names=["x"], output_names=["logits", "probabilities"],
    dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}, "probabilities": {0: "batch"}},
)
logits, probabilities = network.double()(x.double())
values = {"versions": {"torch": torch.__version__}, "dims": list(x.shape), "x": x.flatten().tolist(),
          "logits": logits.flatten().tolist(), "probabilities": probabilities.flatten().tolist()}
(FOLDER / "torch.json").write_text(json.dumps(values, separators=(",", ":")) + "\n")
