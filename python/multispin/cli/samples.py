"""Samples of two-valued units in files: arrays of NumPy, or text with or without a header."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from multispin._base import checks

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ARRAYS, _TEXTS = (".npy", ".npz"), (".csv", ".txt", ".tsv", ".dat")
_ALLOWED = "rows of 0 and 1, or of -1 and 1, as many in each"


class Samples(NamedTuple):
    """Values (M, N), what units they have, and names of columns, if the file has some."""

    values: NDArray[np.generic]
    units: str
    names: tuple[str, ...] | None


def read_samples(file: str, units: str, key: str | None = None) -> Samples:
    """Read samples, one a row.

    Parameters
    ----------
    file
        Its ending says what it is: .npy, .npz, or text, with commas, semicolons or blanks between
        values, lines of comments after #, and names of columns in its first line or not.
    units
        "spin", "binary", or "auto": binary if there is a 0.
    key
        Name of the array of a .npz file that has several.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is none of these.
    """
    path = Path(file)
    if path.suffix not in (*_ARRAYS, *_TEXTS):
        allowed = f"a name ending in {', '.join((*_ARRAYS, *_TEXTS))}"
        raise ValueError(checks.describe("FILE", file, allowed))
    if key is not None and path.suffix != ".npz":
        raise ValueError(checks.describe("--key", key, "a file .npz with it"))
    values, names = _array(path, key) if path.suffix in _ARRAYS else _text(path)
    if values.ndim != 2 or values.size == 0 or values.dtype.kind not in "iufb":
        got = f"an array of shape {values.shape}, {values.dtype}"
        raise ValueError(f"{file}: got {got}, allowed: {_ALLOWED}")
    if units == "auto":
        units = "binary" if bool((values == 0).any()) or values.dtype == np.bool_ else "spin"
    return Samples(values, units, names)


def _array(path: Path, key: str | None) -> tuple[NDArray[np.generic], None]:
    try:
        found = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{path}: got no array, allowed: what numpy.save writes") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise ValueError(f"{path}: got no array, allowed: what numpy.save writes") from error
    if isinstance(found, np.ndarray):
        return found, None
    with found:
        names = list(found.files)
        if key is None and len(names) != 1:
            listed = ", ".join(names)
            raise ValueError(f"{path}: got arrays {listed}, allowed: one of them by --key")
        if key is not None and key not in names:
            raise ValueError(checks.describe("--key", key, ", ".join(names)))
        return np.asarray(found[names[0] if key is None else key]), None


def _text(path: Path) -> tuple[NDArray[np.generic], tuple[str, ...] | None]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: got no text, allowed: {_ALLOWED}") from error
    rows = [line for line in (line.partition("#")[0].strip() for line in lines) if line]
    if not rows:
        raise ValueError(f"{path}: got no rows, allowed: {_ALLOWED}")
    between = next((mark for mark in ",;" if mark in rows[-1]), None)
    first = [cell.strip().strip('"') for cell in rows[0].split(between)]
    names = None
    if not all(map(_is_number, first)):
        names, rows = tuple(first), rows[1:]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of no rows, which is an error below
            values = np.loadtxt(rows, delimiter=between, ndmin=2)
    except ValueError as error:
        what = " ".join(str(error).split()).partition(";")[0].rstrip(".")
        raise ValueError(f"{path}: got text of which {what}, allowed: {_ALLOWED}") from error
    if names is not None and values.size and len(names) != values.shape[1]:
        got = f"{len(names)} names of {values.shape[1]} columns"
        raise ValueError(f"{path}: got {got}, allowed: one for each")
    return values, names


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
