"""``multispin hopfield``: images stored in a Hopfield network, and restored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from multispin import plot
from multispin._base import checks
from multispin._base.extras import require
from multispin.cli.output import check_files, print_files, print_table, write
from multispin.cli.words import add_command, add_files
from multispin.datasets import digits
from multispin.learn.hopfield.cues import corrupt
from multispin.learn.hopfield.images import as_spins, checked_level, retrieve_images

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from multispin.learn.hopfield.images import ImageRetrieval

    Array = NDArray[np.float64]

_NOISE = 0.1  # where nobody says more
_SHOWN = 20  # images in the picture


def register(commands: Any) -> None:
    """Add the command and its options."""
    command = add_command(
        commands,
        "hopfield",
        _run,
        "store images in a Hopfield network and restore corrupted ones",
        "Dark pixels are +1, light ones -1. Without --patterns it stores handwritten digits, and "
        "without --cue it restores what it stored, each image with noise of its own.",
    )
    add = command.add_argument
    add("--patterns", metavar="FOLDER", help="PNG files of one size to store (default: digits)")
    add("--digits", type=int, default=10, metavar="N", help="how many digits, without --patterns")
    add("--cue", metavar="FILE", help="PNG file to begin with (default: all that are stored)")
    noise = f"share of a cue's pixels that are turned over (default: {_NOISE}, and 0 of --cue)"
    add("--noise", type=float, metavar="SHARE", help=noise)
    rules = "how images are stored: hebb, pseudoinverse, storkey or dreaming"
    add("--rule", default="pseudoinverse", metavar="NAME", help=rules)
    add("--temperature", type=float, default=0.0, metavar="T", help="temperature, 0 or more")
    add("--sweeps", type=int, default=50, metavar="N", help="sweeps at most")
    add("--seed", type=int, default=1, metavar="N", help="seed of noise and random streams")
    add_files(command, "multispin-hopfield")


def _run(options: argparse.Namespace) -> None:
    check_files(options)
    images = _digits(options) if options.patterns is None else _folder(options.patterns)
    level = checked_level(None, images.grey)
    begin = images if options.cue is None else _cue(options.cue, images)
    noise = options.noise
    if noise is None:
        noise = _NOISE if options.cue is None else 0.0
    cues = corrupt(as_spins(begin.grey, level), noise, options.seed)
    found = retrieve_images(
        as_spins(images.grey, level), cues, options.rule, temperature=options.temperature,
        sweeps=options.sweeps, random_state=options.seed,
    )  # fmt: skip
    closest = found.stored[found.winners]
    picture = plot.hopfield.retrieved(
        *(part[:_SHOWN] for part in (found.cues, found.retrieved, closest, found.overlaps))
    )
    write(_dataset(found, images.names, begin.names, options, noise), options, picture)
    _print(found, images.names, begin.names)
    print_files(options)


# --- what is stored, and what it begins with ------------------------------------------------------


class _Images(NamedTuple):
    """Grey images (n, rows, columns), dark ones large, and what they are called."""

    grey: Array
    names: Sequence[str]


def _digits(options: argparse.Namespace) -> _Images:
    if options.cue is not None:
        allowed = "with --patterns, a folder of images of its size"
        raise ValueError(checks.describe("--cue", options.cue, allowed))
    grey, labels = digits()
    n = checks.count("--digits", options.digits, 1, len(grey))
    names = [f"image {number} ({label})" for number, label in enumerate(labels[:n])]
    return _Images(grey[:n].astype(np.float64), names)


def _folder(folder: str) -> _Images:
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() == ".png")
    if not paths:
        raise ValueError(checks.describe("--patterns", folder, "a folder with files *.png"))
    each = [_grey(path) for path in paths]
    for path, image in zip(paths, each, strict=True):
        _check_size(path, image, each[0].shape, paths[0].name)
    return _Images(np.stack(each), [path.name for path in paths])


def _cue(file: str, images: _Images) -> _Images:
    path = Path(file)
    image = _grey(path)
    _check_size(path, image, images.grey.shape[1:], images.names[0])
    return _Images(image[None], [path.name])


def _check_size(path: Path, image: Array, shape: tuple[int, ...], other: str) -> None:
    if image.shape != shape:
        (rows, columns), (height, width) = image.shape, shape
        raise ValueError(
            f"{path}: got {columns} x {rows} pixels, allowed: {width} x {height}, as {other} has"
        )


def _grey(path: Path) -> Array:
    """Return a picture as greys, 0 for white and 255 for black."""
    image = require("PIL.Image", "plot")
    try:
        with image.open(path) as picture:
            if picture.mode.startswith("I"):  # 16 bits a pixel
                return 255.0 - np.asarray(picture, dtype=np.float64) / 257.0
            # What is transparent shows white paper.
            colours = picture.convert("RGBA")
            paper = image.new("RGBA", colours.size, "white")
            grey = np.asarray(image.alpha_composite(paper, colours).convert("L"))
            return 255.0 - grey.astype(np.float64)
    except Exception as error:  # Pillow has one of its own for each way in which a file is broken
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{path}: got no image, allowed: a PNG file that is whole") from error


# --- what is written and printed ------------------------------------------------------------------


def _dataset(
    found: ImageRetrieval,
    stored: Sequence[str],
    cues: Sequence[str],
    options: argparse.Namespace,
    noise: float,
) -> xr.Dataset:
    xarray = require("xarray", "run")
    pixels = ("row", "column")
    retrieval = found.retrieval
    data: xr.Dataset = xarray.Dataset(
        {
            "stored": (("pattern", *pixels), found.stored),
            "cue_image": (("cue", *pixels), found.cues),
            "retrieved": (("cue", *pixels), found.retrieved),
            "overlap": (("cue", "pattern"), retrieval.overlap[:, 0]),
            "winner": ("cue", found.winners),
            "kind": ("cue", retrieval.kind[:, 0].astype(object)),
            "sweeps": ("cue", retrieval.sweeps[:, 0]),
            "converged": ("cue", retrieval.converged[:, 0]),
            "energy": ("cue", retrieval.energy[:, 0]),
        },
        coords={"pattern": list(stored), "cue": list(cues)},
        attrs={
            "rule": options.rule, "temperature": options.temperature, "noise": noise,
            "seed": options.seed,
        },
    )  # fmt: skip
    return data


def _print(found: ImageRetrieval, stored: Sequence[str], cues: Sequence[str]) -> None:
    retrieval = found.retrieval
    rows = [("cue", "winner", "overlap", "kind", "sweeps")]
    rows += [
        (cue, stored[winner], f"{overlap:.3f}", str(kind), str(sweeps))
        for cue, winner, overlap, kind, sweeps in zip(
            cues, found.winners, found.overlaps, retrieval.kind[:, 0], retrieval.sweeps[:, 0],
            strict=True,
        )
    ]  # fmt: skip
    print_table(rows)
