# /// script
# requires-python = ">=3.11"
# dependencies = ["sep==1.2.1", "astropy==5.2.1", "numpy==1.24.2"]
# ///
"""Writes values/stars.json: what SEP and astropy measure on small simulated star fields.

Rerun with: uv run tests/reference/prefilter/stars.py
The frames are drawn by the same seeded generator as packages/prefilter/test/helpers/starField.ts.
"""
import json
import math
import pathlib
import warnings

import numpy as np
import sep
from astropy.modeling import fitting, models

warnings.simplefilter("ignore")
out = pathlib.Path(__file__).parent / "values" / "stars.json"


def seeded_uniform(seed):
    state = seed & 0xFFFFFFFF

    def draw():
        nonlocal state
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        t = ((state ^ (state >> 15)) * (1 | state)) & 0xFFFFFFFF
        t = ((t + (((t ^ (t >> 7)) * (61 | t)) & 0xFFFFFFFF)) ^ t) & 0xFFFFFFFF
        return (t ^ (t >> 14)) / 4294967296

    return draw


def seeded_normal(seed):
    uniform = seeded_uniform(seed)

    def draw():
        radius = math.sqrt(-2 * math.log(1 - uniform()))
        return radius * math.cos(2 * math.pi * uniform())

    return draw


def star_field(field):
    width, height = field["width"], field["height"]
    normal = seeded_normal(field["seed"])
    noise = np.array([normal() for _ in range(width * height)]).reshape(height, width)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    light = field["level"] + field["slopeX"] * x + field["noise"] * noise
    for star in field["stars"]:
        dx, dy = x - star["x"], y - star["y"]
        angle = math.radians(star["thetaDeg"])
        along = (dx * math.cos(angle) + dy * math.sin(angle)) / math.sqrt(star["axisRatio"])
        across = (-dx * math.sin(angle) + dy * math.cos(angle)) * math.sqrt(star["axisRatio"])
        square = (along**2 + across**2) / star["fwhmPx"] ** 2
        if "beta" in star:
            shape = (1 + 4 * (2 ** (1 / star["beta"]) - 1) * square) ** -star["beta"]
            reach = math.ceil(star["fwhmPx"] * 12)
        else:
            shape = np.exp(-4 * math.log(2) * square)
            reach = math.ceil(star["fwhmPx"] * 4)
        near = (abs(dx) <= reach) & (abs(dy) <= reach)
        light += np.where(near, star["peak"] * shape, 0)
    return np.floor(light + 0.5)


def scatter(seed, count, size, border, apart, star):
    """Places and brightnesses: numbers counted ~ 1 / brightness, from 2 to 200 times the noise."""
    random = np.random.default_rng(seed)
    stars = []
    while len(stars) < count:
        x, y = border + random.random(2) * (size - 1 - 2 * border)
        if any(math.hypot(s["x"] - x, s["y"] - y) < apart for s in stars):
            continue
        peak = star["least"] * (star["most"] / star["least"]) ** random.random()
        shape = {k: v for k, v in star.items() if k not in ("least", "most")}
        stars.append({"x": round(x, 3), "y": round(y, 3), "peak": round(peak, 2), **shape})
    return stars


size = 320
common = {"width": size, "height": size, "noise": 12.0}
fields = {
    "moffat": {**common, "seed": 11, "level": 1500, "slopeX": 0.2, "stars": scatter(
        1, 110, size, 12, 14, {"least": 15, "most": 4000, "fwhmPx": 3.1, "beta": 3.2, "axisRatio": 1, "thetaDeg": 0})},
    "elongated": {**common, "seed": 12, "level": 800, "slopeX": 0, "stars": scatter(
        2, 90, size, 12, 16, {"least": 15, "most": 4000, "fwhmPx": 3.4, "axisRatio": 1.4, "thetaDeg": 35})},
    "undersampled": {**common, "seed": 13, "level": 300, "slopeX": -0.1, "stars": scatter(
        3, 120, size, 8, 10, {"least": 40, "most": 6000, "fwhmPx": 1.7, "axisRatio": 1, "thetaDeg": 0})},
    "broad": {**common, "seed": 14, "level": 2000, "slopeX": 0, "stars": scatter(
        4, 30, size, 24, 40, {"least": 20, "most": 2000, "fwhmPx": 8.0, "beta": 4.0, "axisRatio": 1.1, "thetaDeg": 120})},
    "crowded": {**common, "seed": 15, "level": 1000, "slopeX": 0, "stars": scatter(
        5, 700, size, 8, 5, {"least": 15, "most": 3000, "fwhmPx": 2.5, "axisRatio": 1, "thetaDeg": 0})},
}

kernel = np.array([[math.exp(-(x * x + y * y) / 2) for x in range(-2, 3)] for y in range(-2, 3)])


def measure(field):
    frame = star_field(field)
    background = sep.Background(frame, bw=64, bh=64)
    sky = frame - background.back()
    # Cleaning drops faint stars beside bright ones; all of the generator's stars are real.
    found = sep.extract(
        sky, 5.0, err=background.rms(), minarea=1, filter_kernel=kernel, filter_type="matched", clean=False)
    radius, flag = sep.flux_radius(sky, found["x"], found["y"], np.full(len(found), 2 * field["stars"][0]["fwhmPx"] * 1.1), 0.5, subpix=5)
    fits = [fit_star(sky, star) for star in field["stars"] if star["peak"] > 20 * field["noise"]]
    return {
        "field": field,
        "checksum": float(frame.sum()),
        "background": {
            "level": background.globalback,
            "rms": background.globalrms,
            "centre": float(background.back()[size // 2, size // 2]),
            "left": float(background.back()[size // 2, 8]),
        },
        "count": len(found),
        "fwhmPx": float(np.median([f[0] for f in fits])),
        "axisRatio": float(np.median([f[1] for f in fits])),
        "hfrPx": float(np.median(radius[found["peak"] > 20 * field["noise"]])),
        "fluxes": [
            {"x": s["x"], "y": s["y"], "flux": float(sep.sum_circle(sky, [s["x"]], [s["y"]], 2 * s["fwhmPx"], subpix=5)[0][0])}
            for s in field["stars"] if s["peak"] > 60 * field["noise"]
        ][:12],
    }


def fit_star(sky, star):
    """Full width (geometric mean) and axis ratio of astropy's fits: Moffat for the width, Gaussian for the ratio."""
    reach = max(4, round(2.5 * star["fwhmPx"]))
    x0, y0 = round(star["x"]), round(star["y"])
    stamp = sky[max(0, y0 - reach) : y0 + reach + 1, max(0, x0 - reach) : x0 + reach + 1]
    y, x = np.mgrid[0 : stamp.shape[0], 0 : stamp.shape[1]]
    cx, cy = star["x"] - max(0, x0 - reach), star["y"] - max(0, y0 - reach)
    fitter = fitting.LevMarLSQFitter()
    width = star["fwhmPx"]
    moffat = fitter(models.Moffat2D(stamp.max(), cx, cy, width, 3) + models.Const2D(0), x, y, stamp)
    start = models.Gaussian2D(stamp.max(), cx, cy, width / 2, width / 2.6, math.radians(star["thetaDeg"]))
    gaussian = fitter(start + models.Const2D(0), x, y, stamp)
    a, b = abs(gaussian[0].x_stddev.value), abs(gaussian[0].y_stddev.value)
    return moffat[0].fwhm, max(a, b) / min(a, b)


values = {name: measure(field) for name, field in fields.items()}
versions = {"sep": sep.__version__, "numpy": np.__version__}
out.write_text(json.dumps({"versions": versions, "fields": values}, separators=(",", ":")) + "\n")
for name, value in values.items():
    print(name, {k: v for k, v in value.items() if k not in ("field", "fluxes")})
