# /// script
# requires-python = ">=3.10"
# dependencies = ["torch==1.13.0", "numpy==1.24.2", "scipy==1.10.1"]
# ///
"""Writes values/optimizers.json and values/metrics.json: parameters after each step of PyTorch's optimisers,
rates of its schedules, and measures of made-up predictions, straight from their definitions.

Rerun with: uv run tests/reference/model/optimizers.py
Parameters are float32, written as their bits, so that they can be compared exactly; PyTorch's loops use
fused multiply-add where the processor has it, as all x86-64 since 2013 do.
"""

import importlib
import json
import pathlib
import warnings

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax
from scipy.stats import rankdata

warnings.simplefilter("ignore")
torch.set_num_threads(1)
values = pathlib.Path(__file__).parent / "values"
schedulers = importlib.import_module("torch.optim.lr_scheduler")
STEPS = 6


def bits(tensor):
    return tensor.detach().numpy().ravel().view(np.uint32).tolist()


def drawn(seed, *shape):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


# 21 = two vectors of eight and a rest: the loops' bodies and their tails.
start = {"conv.weight": drawn(1, 21), "conv.bias": drawn(2, 3)}
gradients = [{name: drawn(100 + 10 * step + i, *p.shape) for i, (name, p) in enumerate(start.items())} for step in range(STEPS)]
rates = [0.1, 0.1, 0.07, 0.07, 0.02, 0.5]


def run(make, spare_bias=False):
    parameters = {name: torch.nn.Parameter(p.clone()) for name, p in start.items()}
    groups = [{"params": [p], **({"weight_decay": 0} if spare_bias and name.endswith("bias") else {})} for name, p in parameters.items()]
    optimizer = make(groups)
    after = []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = rates[step]
        for name, p in parameters.items():
            p.grad = gradients[step][name].clone()
        optimizer.step()
        after.append({name: bits(p) for name, p in parameters.items()})
    return after


def sgd(spare_bias=False, **settings):
    return run(lambda p: torch.optim.SGD(p, lr=1, foreach=False, **settings), spare_bias)


def adamw(spare_bias=False, **settings):
    return run(lambda p: torch.optim.AdamW(p, lr=1, foreach=False, **settings), spare_bias)


def scheduled(make, steps, rate):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate, momentum=0.9)
    schedule = make(optimizer)
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return seen


def clipped(most):
    parameters = [torch.nn.Parameter(p.clone()) for p in start.values()]
    for p, g in zip(parameters, gradients[0].values()):
        p.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, most)
    return {"most": most, "norm": float(norm), "gradients": {n: p.grad.tolist() for n, p in zip(start, parameters)}}


def one_cycle(steps, **settings):
    return scheduled(lambda o: schedulers.OneCycleLR(o, max_lr=0.4, total_steps=steps, **settings), steps - 1, 0.4)


def warm_cosine(optimizer):
    warm = schedulers.LinearLR(optimizer, start_factor=1 / 6, end_factor=1, total_iters=5)
    down = schedulers.CosineAnnealingLR(optimizer, T_max=10)
    return schedulers.SequentialLR(optimizer, [warm, down], milestones=[5])


optimizers = {
    "versions": {"torch": torch.__version__, "numpy": np.__version__},
    "rates": rates,
    "start": {name: bits(p) for name, p in start.items()},
    "gradients": [{name: bits(g) for name, g in each.items()} for each in gradients],
    "runs": {
        "plain": sgd(),
        "decay": sgd(weight_decay=0.01),
        "momentum": sgd(momentum=0.9, weight_decay=5e-4),
        "dampened": sgd(momentum=0.8, dampening=0.3, weight_decay=1e-3),
        "nesterov": sgd(momentum=0.9, nesterov=True, weight_decay=1e-4),
        "spared": sgd(spare_bias=True, momentum=0.9, weight_decay=0.1),
        "adamW": adamw(),
        "adamWOther": adamw(betas=(0.8, 0.95), eps=1e-6, weight_decay=0.2),
        "adamWSpared": adamw(spare_bias=True, weight_decay=0.3),
    },
    "clipped": [clipped(1.5), clipped(100.0)],
    "schedules": {
        "cosine": scheduled(lambda o: schedulers.CosineAnnealingLR(o, T_max=12, eta_min=0.01), 13, 0.3),
        "oneCycle": one_cycle(20),
        "oneCycleOther": one_cycle(17, pct_start=0.25, div_factor=10.0, final_div_factor=100.0),
        "warmCosine": scheduled(warm_cosine, 15, 0.2),
    },
}
(values / "optimizers.json").write_text(json.dumps(optimizers, separators=(",", ":")) + "\n")


def roc_area(labels, scores):
    """The Mann-Whitney form: the share of pairs in the right order, ties half."""
    ranks = rankdata(scores)
    positive = int(labels.sum())
    return (ranks[labels == 1].sum() - positive * (positive + 1) / 2) / (positive * (len(labels) - positive))


def average_precision(labels, scores):
    """sum (R_n - R_{n-1}) P_n over the distinct thresholds, from the highest (as scikit-learn states it)."""
    total, last = 0.0, 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        chosen = scores >= threshold
        recall = labels[chosen].sum() / labels.sum()
        total += (recall - last) * labels[chosen].mean()
        last = recall
    return total


def expected_calibration_error(probabilities, labels, bins=15):
    """Guo et al. 2017: bins (low, high] of the highest probability."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def class_scores(labels, predictions, classes):
    rows = []
    for c in range(classes):
        tp = ((predictions == c) & (labels == c)).sum()
        precision = tp / max(1, (predictions == c).sum())
        recall = tp / max(1, (labels == c).sum())
        rows.append([precision, recall, 2 * precision * recall / (precision + recall) if tp else 0.0])
    return np.array(rows)


random = np.random.default_rng(7)
labels = random.integers(0, 3, 60)
logits = (random.normal(size=(60, 3)) * 2 + 2.5 * np.eye(3)[labels]).round(2).astype(np.float32)
double = logits.astype(np.float64)
probabilities = softmax(double, axis=1)
predictions = probabilities.argmax(1)
# Coarse scores, so that many are tied.
scores = probabilities[:, 1].round(1)
binary = (labels == 1).astype(int)


def loss_at(temperature):
    z = double / temperature
    return float((logsumexp(z, axis=1) - z[np.arange(60), labels]).mean())


best = minimize_scalar(lambda t: loss_at(np.exp(t)), bounds=(-3, 3), method="bounded", options={"xatol": 1e-10})
by_class = class_scores(labels, predictions, 3)
metrics = {
    "labels": labels.tolist(),
    "logits": logits.ravel().tolist(),
    "probabilities": probabilities.ravel().tolist(),
    "predictions": predictions.tolist(),
    "confusion": [[int(((labels == a) & (predictions == b)).sum()) for b in range(3)] for a in range(3)],
    "accuracy": float((labels == predictions).mean()),
    "classes": by_class.tolist(),
    "macroF1": float(by_class[:, 2].mean()),
    "scores": scores.tolist(),
    "rocArea": float(roc_area(binary, scores)),
    "averagePrecision": float(average_precision(binary, scores)),
    "expectedCalibrationError": float(expected_calibration_error(probabilities, labels)),
    "brier": float(((probabilities - np.eye(3)[labels]) ** 2).sum(1).mean()),
    "temperature": float(np.exp(best.x)),
    "lossBefore": loss_at(1.0),
    "lossAfter": float(best.fun),
}
(values / "metrics.json").write_text(json.dumps(metrics, separators=(",", ":")) + "\n")
print(f"temperature {metrics['temperature']:.6f}, ece {metrics['expectedCalibrationError']:.6f}")
