"""Laps of SEP and astropy for the benchmarks: one line in (a task), one line of JSON out (its time).

Started once and kept, so that a lap holds no start of Python. One thread: the caller sets
OMP_NUM_THREADS=1. Settings are Source Extractor's defaults, as in rivals/source_extractor.ts.
"""
import json
import sys
import time

import numpy as np
import sep
from astropy.io import fits

sep.set_extract_pixstack(3_000_000)


def read(path):
    with fits.open(path, memmap=False) as hdus:
        return np.ascontiguousarray(hdus[0].data, dtype=np.float32)


def background(data):
    return sep.Background(data, bw=64, bh=64, fw=3, fh=3)


def extract(data, sky):
    return sep.extract(data - sky.back(), 1.5, err=sky.globalrms, minarea=5)


def tasks(path):
    pixels = read(path)
    sky = background(pixels)
    return {
        "read": lambda: float(read(path)[0, 0]),
        "background": lambda: background(pixels).globalback,
        "extract": lambda: len(extract(pixels, sky)),
        "analyse": lambda: (lambda data: len(extract(data, background(data))))(read(path)),
    }


def main():
    known = tasks(sys.argv[1])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        result = known[line.strip()]()
        took = (time.perf_counter() - start) * 1000
        print(json.dumps({"ms": took, "result": result}), flush=True)


main()
