"""Images that the RBM learns: the package's digits, or the user's."""

from __future__ import annotations

import hashlib
import math
import zipfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from multispin import datasets
from multispin._base import checks

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from numpy.typing import NDArray

#: Every ninth image is kept back: it is not learned, and shown as an example.
KEPT_BACK = 9
_FEWEST, _SIDES, _MOST_CLASSES = 18, (2, 64), 20
_ALLOWED = (
    "an .npz file with images X, (images, rows, columns) or (images, pixels of a square) of "
    f"numbers or bool, at least {_FEWEST}, with sides of {_SIDES[0]} to {_SIDES[1]}, and perhaps "
    f"with labels y, (images,), of 2 to {_MOST_CLASSES} classes"
)


@dataclass(frozen=True)
class Images:
    """Black and white images, and of which classes they are.

    Attributes
    ----------
    pixels
        (M, N) uint8: 1 for ink, 0 for paper.
    labels
        (M,) numbers of classes; None if nobody knows them.
    classes
        What the classes are called, (K,); of no labels none.
    shape
        Rows and columns.
    lines
        The lines of Python that make an array X (M, N) of 0 and 1, and labels, of them.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.intp] | None
    classes: tuple[str, ...]
    shape: tuple[int, int]
    lines: tuple[str, ...]

    @cached_property
    def digest(self) -> str:
        """What tells these images and labels from others."""
        found = hashlib.sha256(f"{self.pixels.shape} {self.shape} {self.classes}".encode())
        found.update(np.packbits(self.pixels, axis=1).tobytes())
        if self.labels is not None:
            found.update(self.labels.astype("<i8").tobytes())
        return found.hexdigest()

    @cached_property
    def learned(self) -> NDArray[np.uint8]:
        """What machines learn: images that are not kept back, with units of their labels."""
        return self._units(np.flatnonzero(np.arange(len(self.pixels)) % KEPT_BACK != 0))

    @cached_property
    def kept_back(self) -> NDArray[np.uint8]:
        """The others, with units of their labels too."""
        return self._units(np.arange(0, len(self.pixels), KEPT_BACK))

    @cached_property
    def mean(self) -> NDArray[np.float32]:
        """How often each pixel is ink, (N,)."""
        return np.asarray(self.pixels.mean(axis=0), np.float32)

    def _units(self, rows: NDArray[np.intp]) -> NDArray[np.uint8]:
        if self.labels is None:
            return self.pixels[rows]
        of_labels = self.labels[rows, None] == np.arange(len(self.classes))
        return np.concatenate([self.pixels[rows], of_labels.astype(np.uint8)], axis=1)

    def python(self) -> list[str]:
        """Return the lines of Python that make the array V, of what is learned."""
        found = list(self.lines)
        if self.labels is None:
            found.append("V = X.astype(np.float32)")
        else:
            found += [
                "classes, y = np.unique(labels, return_inverse=True)",
                "V = np.hstack([X, np.eye(len(classes))[y]]).astype(np.float32)",
            ]
        found.append(f"V = V[np.arange(len(V)) % {KEPT_BACK} != 0]  # the others are kept back")
        return found


def images_of(data: Path | None) -> Images:
    """Return the images of a user's file, or the digits; read once for all pages."""
    if data is None:
        return digits()
    try:
        about = data.stat()
    except OSError:
        return read_images(data)  # which says what is wrong
    return _read(data, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)
def _read(path: Path, _time: int, _size: int) -> Images:
    return read_images(path)


@lru_cache(maxsize=1)
def digits() -> Images:
    """Return the 8 × 8 digits that come with the package, black and white."""
    images, labels = datasets.digits()
    pixels = (images.reshape(len(images), -1) > 8).astype(np.uint8)
    lines = (
        "images, labels = ms.datasets.digits()",
        "X = images.reshape(len(images), -1) > 8",
    )
    return Images(pixels, labels.astype(np.intp), tuple("0123456789"), (8, 8), lines)


def read_images(path: str | os.PathLike[str]) -> Images:
    """Return the images of a user's file; pixels above half of their range are ink.

    Raises
    ------
    TypeError, ValueError
        If it holds anything else; the message says what.
    OSError
        If it cannot be read.
    """
    file = checks.path("data", path)
    found = _arrays(file)
    X = _images(file, found)
    low, high = float(X.min()), float(X.max())
    if low == high:
        raise _refused(file, f"pixels that are all {low:g}")
    pixels = (X.reshape(len(X), -1) > low / 2 + high / 2).astype(np.uint8)
    lines = [
        f"with np.load({str(file.resolve())!r}) as file:",
        f"    X{', labels' if 'y' in found else ''} = file['X']"
        + (", np.ravel(file['y'])" if "y" in found else ""),
        "X = X.reshape(len(X), -1) > X.min() / 2 + X.max() / 2",
    ]
    labels: NDArray[np.intp] | None = None
    classes: tuple[str, ...] = ()
    if "y" in found:
        labels, classes = _labels(file, found["y"], len(X))
    return Images(pixels, labels, classes, (X.shape[1], X.shape[2]), tuple(lines))


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        with file.open("rb") as opened:
            archive = np.load(opened, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise _refused(file, f"one array of shape {archive.shape}")
            if "X" not in archive.files:
                raise _refused(file, f"arrays {', '.join(archive.files) or 'of no name'}")
            return {name: archive[name] for name in ("X", "y") if name in archive.files}
    except (OSError, MemoryError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise OSError(error.errno, f"data: got {str(file)!r} ({error.strerror})") from error
        raise
    except (zipfile.BadZipFile, EOFError, ValueError, KeyError) as error:
        if str(error).startswith("data: "):
            raise
        raise _refused(file, f"what cannot be read ({error})") from error


def _images(file: Path, found: dict[str, NDArray[Any]]) -> NDArray[Any]:
    X = found["X"]
    if X.dtype.kind not in "biuf":
        raise _refused(file, f"X of {X.dtype}")
    given = X.shape
    if X.ndim == 2:
        side = math.isqrt(X.shape[1])
        X = X.reshape(len(X), side, side) if side * side == X.shape[1] else X
    least, most = _SIDES
    if X.ndim != 3 or len(X) < _FEWEST or not all(least <= one <= most for one in X.shape[1:]):
        raise _refused(file, f"X of shape {given}")
    if X.dtype.kind == "f" and not bool(np.isfinite(X).all()):
        raise _refused(file, "X with numbers that are not finite")
    return X


def _labels(file: Path, y: NDArray[Any], m: int) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    if y.shape == (m, 1):
        y = y[:, 0]
    if y.shape != (m,) or y.dtype.kind not in "biufUS":
        raise _refused(file, f"{m} images and y of {y.dtype}, of shape {y.shape}")
    if y.dtype.kind == "f" and not bool(np.all(y == np.rint(y))):
        raise _refused(file, "y with numbers that are not whole")
    classes, labels = np.unique(y, return_inverse=True)
    if not 2 <= len(classes) <= _MOST_CLASSES:
        raise _refused(file, f"y of {len(classes)} classes")
    names = tuple(
        each.decode("utf-8", "replace") if isinstance(each, bytes) else f"{each:g}"
        if isinstance(each, float) else str(each)
        for each in classes.tolist()
    )  # fmt: skip
    return labels.reshape(-1).astype(np.intp), names


def _refused(file: Path, got: str) -> ValueError:
    return ValueError(f"data: got {str(file)!r} with {got}, allowed: {_ALLOWED}")
