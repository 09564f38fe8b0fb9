# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==1.24.2", "astropy==5.2.1"]
# ///
"""Reads every FITS file below the given folders with @nebulift/fits and with astropy, and compares the
pixels of every image. Nothing is stored. Exit code 1 where a difference is left.

    uv run tests/reference/fits/compare_with_astropy.py [folder or file ...]

Without arguments: ../shared/data beside the repository, where it exists. Physical values are compared as
float32; a difference of one unit in the last place is counted, not refused, since astropy scales 16-bit
integers in single precision where @nebulift/fits does so in double precision.
"""

import json
import pathlib
import subprocess
import sys
import warnings

import numpy as np
from astropy.io import fits

ROOT = pathlib.Path(__file__).resolve().parents[3]
DUMP = ["npx", "--no-install", "node", "--conditions=@nebulift/source", "tests/reference/fits/dump.ts"]
SUFFIXES = {".fits", ".fit", ".fts", ".fz", ".gz", ".hdr", ".bz2", ".z", ".xisf", ".txt", ".tpt"}
NOT_READ_YET = ("tile compression HCOMPRESS_1", "tile compression PLIO_1")

warnings.simplefilter("ignore")


def read_ours(path):
    output = subprocess.run([*DUMP, str(path)], cwd=ROOT, capture_output=True, timeout=120)
    if output.returncode != 0:
        return {"crash": output.stderr.decode().strip()}, b""
    line, _, pixels = output.stdout.partition(b"\n")
    return json.loads(line), pixels


def ulps(ours, theirs):
    """Distance of two float32 arrays in units in the last place; NaN equals NaN."""
    both_nan = np.isnan(ours) & np.isnan(theirs)
    a, b = (x.view(np.int32).astype(np.int64) for x in (ours, theirs))
    a, b = (np.where(x < 0, -(x & 0x7FFFFFFF), x) for x in (a, b))
    return np.where(both_nan, 0, np.abs(a - b))


def compare_hdu(ours, pixels, theirs):
    if ours.get("error"):
        later = any(name in ours["error"] for name in NOT_READ_YET)
        return ("later" if later else "refused", ours["error"], pixels)
    count = int(np.prod(ours["shape"])) if ours["shape"] else 0
    mine, rest = np.frombuffer(pixels[: 4 * count], np.float32), pixels[4 * count :]
    data = theirs.data
    if data is None:
        return ("same" if count == 0 else "DIFFERENT", f"astropy sees no data, we see {count}", rest)
    if list(data.shape[::-1]) != ours["shape"]:
        return ("DIFFERENT", f"shape {data.shape[::-1]} against {ours['shape']}", rest)
    # Integers beyond 2^53 must not go through float64 twice.
    expected = np.ascontiguousarray(data).astype(np.float32).reshape(-1)
    apart = ulps(mine, expected)
    if "ZBLANK" in theirs.header:
        # astropy 5.2.1 does not apply ZBLANK to dithered tiles: where we say NaN it says some number.
        apart[np.isnan(mine)] = 0
    worst = int(apart.max(initial=0))
    note = f"{count} pixels {ours.get('type')} worst {worst} ulp, {int((apart > 0).sum())} not equal"
    return ("same" if worst <= 1 else "DIFFERENT", note, rest)


def compare_file(path):
    ours, pixels = read_ours(path)
    if "crash" in ours:
        return [("CRASH", ours["crash"][-300:])]
    try:
        # Scaled integers to doubles where the file asks for them, as we do.
        with fits.open(path, memmap=False, uint=True) as theirs:
            theirs.verify("silentfix")
            if "error" in ours:
                return [("refused", f"{ours['error']} (astropy opens {len(theirs)} HDUs)")]
            results = []
            if len(theirs) != len(ours["hdus"]):
                results.append(("NOTE", f"{len(ours['hdus'])} HDUs against {len(theirs)} of astropy"))
            for hdu, other in zip(ours["hdus"], theirs):
                if hdu["kind"] not in ("image", "compressed-image"):
                    continue
                state, note, pixels = compare_hdu(hdu, pixels, other)
                results.append((state, f"HDU {hdu['index']} {hdu['kind']}: {note}"))
            return results
    except Exception as error:  # astropy's refusals are of many classes
        opens = ours.get("error") or f"opens, {len(ours['hdus'])} HDUs"
        return [("NOTE", f"astropy: {type(error).__name__} {str(error)[:60]}; ours: {opens}")]


def main(arguments):
    places = [pathlib.Path(a) for a in arguments] or [ROOT.parent / "shared" / "data"]
    files = []
    for place in places:
        if place.is_dir():
            files += [p for p in sorted(place.rglob("*")) if p.suffix.lower() in SUFFIXES]
        elif place.exists():
            files.append(place)
    if not files:
        print(f"nothing to compare: no FITS files in {', '.join(map(str, places))}")
        return 0
    bad = 0
    for path in files:
        for state, note in compare_file(path):
            bad += state in ("DIFFERENT", "CRASH")
            print(f"{state:9} {path.name}: {note}", flush=True)
    print(f"{len(files)} files, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
