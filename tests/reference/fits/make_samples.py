# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy==1.24.2", "astropy==5.2.1"]
# ///
"""Makes the small sample files in packages/fits/test/files, one of every kind, with what astropy reads
from them beside each, one line of JSON for each HDU. The pixels are made here, from a fixed seed: the files are our own. They
are kept gzipped, since FITS pads with blocks of blanks and zeros.

    uv run tests/reference/fits/make_samples.py
"""

import base64
import gzip
import json
import pathlib
import tempfile
import warnings

import numpy as np
from astropy.io import fits

FOLDER = pathlib.Path(__file__).resolve().parents[3] / "packages" / "fits" / "test" / "files"
random = np.random.default_rng(20260101)
warnings.simplefilter("ignore")


def integers(dtype, shape=(7, 9)):
    """Random integers over the whole range, both ends among them."""
    info = np.iinfo(dtype)
    data = random.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    data.flat[:2] = info.min, info.max
    return data


def floats(dtype, shape=(7, 9)):
    data = (random.normal(size=shape) * 10.0 ** random.integers(-6, 7, shape)).astype(dtype)
    data.flat[:5] = np.nan, np.inf, -np.inf, 0, np.finfo(dtype).max
    return data


def sky(dtype, shape=(30, 40)):
    """A noisy background with a star: what compression is made for."""
    y, x = np.mgrid[: shape[-2], : shape[-1]]
    star = 3000 * np.exp(-((x - 17.3) ** 2 + (y - 11.8) ** 2) / 8)
    return (1000 + random.normal(0, 12, shape) + star).astype(dtype)


def plain(data, **cards):
    hdu = fits.PrimaryHDU(data)
    hdu.header.update(cards)
    return [hdu]


def stored(data, **cards):
    """An HDU whose stored integers are exactly `data`, under these scaling cards."""
    hdu = fits.PrimaryHDU(data, do_not_scale_image_data=True)
    hdu.header.update(cards)
    return [hdu]


def tiled(data, compression, **options):
    return [fits.PrimaryHDU(), fits.CompImageHDU(data, compression_type=compression, **options)]


HOLES = [3, 77, 500]


def with_holes(data):
    data.flat[HOLES] = np.nan
    return data


def with_zeros(data):
    data[4:6, 3:20] = 0
    return data


def headers():
    hdu = fits.PrimaryHDU()
    header = hdu.header
    header["OBJECT"] = ("O'Neill's star", "a quote's comment / with a slash")
    header["EMPTY"] = ""
    header["NOVALUE"] = (None, "undefined")
    header["YES"] = True
    header["NO"] = (False, "logical")
    header["WHOLE"] = -123456789
    header["BIG"] = 12345678901234567890
    header["REAL"] = 1.25e-7
    header["TENTH"] = 0.1
    header["COMPLEX"] = 1.5 - 2.5j
    header["LONGSTR"] = ("It's a long story. " * 12 + "The end", "told over several cards")
    header["LONGBARE"] = "x" * 200
    header["AMPERS"] = "ends in an ampersand &"
    header["HIERARCH ESO DET CHIP1 NAME"] = ("CCD-44", "a long keyword")
    header["HIERARCH ESO DET CHIP1 GAIN"] = 1.7
    header["COMMENT"] = "A remark = with signs / in it"
    header["COMMENT"] = "word " * 30
    header["HISTORY"] = "first"
    header[""] = "text on a blank card"
    header["HISTORY"] = "second"
    header.append(fits.Card.fromstring("DEXP    =            1.234D+05 / D exponent"))
    header.append(fits.Card.fromstring("FREE    = 42/ free format"))
    header.append(fits.Card.fromstring("PLUS    =                   +7"))
    header.append(fits.Card.fromstring("WORDS     that are no value"))
    return [hdu]


def extensions():
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("id", "J", array=[1, 2, 3]),
            fits.Column("name", "5A", array=["a", "bc", "def"]),
            fits.Column("list", "PJ()", array=np.array([[1], [2, 3], []], dtype=object)),
        ],
        name="CATALOG",
    )
    text = fits.TableHDU.from_columns([fits.Column("x", "I4", array=[1, 2])], name="TEXT")
    return [
        fits.PrimaryHDU(),
        fits.ImageHDU(integers(np.int16, (3, 4)), name="SCI"),
        table,
        fits.ImageHDU(floats(np.float32, (3, 4)), name="ERR"),
        text,
        fits.ImageHDU(integers(np.uint16, (3, 4)), name="DQ"),
    ]


def groups():
    data = fits.GroupData(
        random.normal(size=(3, 2, 4)).astype(np.float32), parnames=["U"], pardata=[[1, 2, 3]], bitpix=-32
    )
    return [fits.GroupsHDU(data)]


SAMPLES = {
    "u8.fits": lambda: plain(integers(np.uint8)),
    "i8.fits": lambda: plain(integers(np.int8)),
    "i16.fits": lambda: plain(integers(np.int16)),
    "u16.fits": lambda: plain(integers(np.uint16)),
    "i32.fits": lambda: plain(integers(np.int32)),
    "u32.fits": lambda: plain(integers(np.uint32)),
    "i64.fits": lambda: plain(integers(np.int64)),
    "u64.fits": lambda: plain(integers(np.uint64)),
    "f32.fits": lambda: plain(floats(np.float32)),
    "f64.fits": lambda: plain(floats(np.float64)),
    "u8-scaled-blank.fits": lambda: stored(integers(np.uint8), BSCALE=0.5, BZERO=-3.0, BLANK=255),
    "i16-scaled.fits": lambda: stored(integers(np.int16), BSCALE=2.92, BZERO=3713.67),
    "i16-blank.fits": lambda: stored(integers(np.int16), BLANK=-32768),
    "u16-blank.fits": lambda: stored(integers(np.int16), BZERO=32768, BLANK=32767),
    "i32-scaled-blank.fits": lambda: stored(integers(np.int32), BSCALE=1e-3, BZERO=7.0, BLANK=2**31 - 1),
    "i64-blank.fits": lambda: stored(integers(np.int64), BLANK=-(2**63), BSCALE=1e-9),
    "f32-scaled.fits": lambda: stored(floats(np.float32), BSCALE=2.0, BZERO=1.0),
    "f64-scaled.fits": lambda: stored(random.normal(size=(5, 6)), BSCALE=1e3, BZERO=-0.5),
    "line.fits": lambda: plain(integers(np.int16, (50,))),
    "cube.fits": lambda: plain(integers(np.int16, (4, 5, 6))),
    "hypercube.fits": lambda: plain(integers(np.uint8, (3, 2, 4, 5))),
    "headers.fits": headers,
    "extensions.fits": extensions,
    "groups.fits": groups,
    "rice-u8.fits.fz": lambda: tiled(sky(np.uint8) % 250, "RICE_1"),
    "rice-i16.fits.fz": lambda: tiled(sky(np.int16), "RICE_1"),
    "rice-u16.fits.fz": lambda: tiled(sky(np.uint16) + 30000, "RICE_1"),
    "rice-i32.fits.fz": lambda: tiled(sky(np.int32), "RICE_1"),
    "rice-extremes.fits.fz": lambda: tiled(integers(np.int16, (30, 40)), "RICE_1"),
    "rice-extremes-i32.fits.fz": lambda: tiled(integers(np.int32, (30, 40)), "RICE_1"),
    "rice-constant.fits.fz": lambda: tiled(np.full((30, 40), 7, np.int16), "RICE_1"),
    "rice-squares.fits.fz": lambda: tiled(sky(np.int16), "RICE_1", tile_size=(16, 13)),
    "rice-cube.fits.fz": lambda: tiled(sky(np.int16, (3, 30, 40)), "RICE_1", tile_size=(16, 13, 2)),
    "rice-line.fits.fz": lambda: tiled(sky(np.int16)[:1].reshape(-1), "RICE_1", tile_size=(16,)),
    "gzip1-i16.fits.fz": lambda: tiled(sky(np.int16), "GZIP_1"),
    "gzip1-i32.fits.fz": lambda: tiled(sky(np.int32), "GZIP_1", tile_size=(40, 10)),
    "gzip2-i16.fits.fz": lambda: tiled(sky(np.int16), "GZIP_2"),
    "gzip2-u16.fits.fz": lambda: tiled(sky(np.uint16), "GZIP_2", tile_size=(40, 30)),
    "gzip1-f32-exact.fits.fz": lambda: tiled(sky(np.float32), "GZIP_1", quantize_level=0),
    "gzip2-f64-exact.fits.fz": lambda: tiled(sky(np.float64), "GZIP_2", quantize_level=0),
    "rice-f32-nodither.fits.fz": lambda: tiled(sky(np.float32), "RICE_1", quantize_method=-1),
    "rice-f32-dither1.fits.fz": lambda: tiled(
        sky(np.float32), "RICE_1", quantize_method=1, dither_seed=9990
    ),
    "rice-f32-dither2.fits.fz": lambda: tiled(
        with_zeros(sky(np.float32)), "RICE_1", quantize_method=2, dither_seed=42
    ),
    "rice-f64-dither1.fits.fz": lambda: tiled(
        sky(np.float64), "RICE_1", quantize_method=1, dither_seed=7, tile_size=(40, 30)
    ),
    "rice-f32-holes.fits.fz": lambda: tiled(
        with_holes(sky(np.float32)), "RICE_1", quantize_method=1, dither_seed=5
    ),
    "rice-f32-long.fits.fz": lambda: tiled(
        sky(np.float32, (110, 100)), "RICE_1", quantize_method=1, dither_seed=3, tile_size=(100, 110)
    ),
    "gzip1-f32-dither1.fits.fz": lambda: tiled(
        sky(np.float32), "GZIP_1", quantize_method=1, dither_seed=11
    ),
}

# Samples whose headers are written down card by card.
WITH_CARDS = {"headers.fits", "extensions.fits", "groups.fits", "rice-f32-dither2.fits.fz"}


def array(data):
    """Values exactly, in the bytes of a little-endian typed array."""
    little = data.astype(data.dtype.newbyteorder("<")).reshape(-1)
    return {"type": data.dtype.name, "base64": base64.b64encode(little.tobytes()).decode()}


def header_value(value):
    if isinstance(value, (bool, str)):
        return value
    if value is None or isinstance(value, fits.card.Undefined):
        return None
    if isinstance(value, complex):
        return f"({value.real}, {value.imag})"
    # Beyond 2^53 JSON numbers lose digits: those go as text.
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


def describe(hdu, stored_hdu, raw_header):
    cards = [[card.keyword, header_value(card.value), card.comment] for card in raw_header.cards]
    described = {"name": hdu.name, "cards": cards}
    image = hdu.is_image and not isinstance(hdu, fits.GroupsHDU)
    if not image or hdu.data is None:
        return described
    described["shape"] = list(hdu.data.shape[::-1])
    described["physical"] = array(hdu.data)
    if not isinstance(hdu, fits.CompImageHDU) and hdu.data.dtype != stored_hdu.data.dtype:
        described["stored"] = array(stored_hdu.data)
    return described


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in SAMPLES.items():
        path = FOLDER / f"{name}.gz"
        with tempfile.TemporaryDirectory() as folder:
            whole = pathlib.Path(folder, "sample.fits")
            fits.HDUList(make()).writeto(whole)
            path.write_bytes(gzip.compress(whole.read_bytes(), mtime=0))
        # As unsigned integers astropy passes BLANK over.
        with (
            fits.open(path, memmap=False, uint="blank" not in name) as seen,
            fits.open(path, memmap=False, do_not_scale_image_data=True) as stored_hdus,
            fits.open(path, memmap=False, disable_image_compression=True) as raw,
        ):
            if "holes" in name:
                # astropy 5.2.1 writes NaN into dithered tiles but reads other numbers back.
                seen[1].data.flat[HOLES] = np.nan
            truth = [describe(*hdu) for hdu in zip(seen, stored_hdus, (h.header for h in raw))]
        if name not in WITH_CARDS:
            for hdu in truth:
                del hdu["cards"]
        lines = [json.dumps(hdu, separators=(",", ":"), allow_nan=False) for hdu in truth]
        (FOLDER / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    sizes = [p.stat().st_size for p in FOLDER.iterdir()]
    print(f"{len(SAMPLES)} samples, {sum(sizes)} bytes with their values")


if __name__ == "__main__":
    main()
