"""RBMs in files: our own, with all that training goes on from, and those of other programs."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import numpy as np

from multispin._base import checks, files
from multispin._base.extras import require
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from multispin.learn.rbm.parameters import Parameters


class Format(NamedTuple):
    """What is in a file: its name there, the version, and what messages call it."""

    name: str
    version: int
    of: str


FORMAT = Format("multispin RBM", 4, "an RBM")

#: Bytes before those of HDF5, which leaves them alone: the seal. As few as it can.
_SEAL = 512
_PIECE = 1 << 20  # bytes that are read at a time


def write(
    path: str | os.PathLike[str], of: Format, meta: dict[str, Any], arrays: dict[str, Any]
) -> None:
    """Write one HDF5 file, all or nothing: arrays by name, JSON, and before them a seal.

    Raises
    ------
    TypeError
        If `meta` has what JSON has not.
    OSError
        If it cannot be written.
    MissingExtraError
        If h5py is not installed.
    """
    h5py = require("h5py", "run")
    header = {"format": of.name, "version": of.version, "meta": meta, "arrays": list(arrays)}
    text = json.dumps(header, default=_plain)
    target = checks.path("path", path)
    with interrupts_held(), files.replacing(target) as file:
        with h5py.File(file, "w", userblock_size=_SEAL) as archive:
            archive["header"] = np.frombuffer(text.encode(), np.uint8)
            for name, array in arrays.items():
                archive.create_dataset(name, data=array)
        seal = _seal_of(file)
        file.seek(0)
        file.write(seal)


def read(
    path: str | os.PathLike[str], of: Format
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read what `write` wrote, after its seal: the HDF5 library may never end with damaged files.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If it is another file, or damaged.
    """
    h5py = require("h5py", "run")
    name = checks.path("path", path)
    try:
        with files.open_regular(name, os.O_RDONLY) as file:
            if _seal_of(file) != _first(file):
                raise ValueError("it has no seal, or another one")
            with h5py.File(file, "r") as archive:
                header = json.loads(archive["header"][()].tobytes())
                if (header["format"], header["version"]) != (of.name, of.version):
                    raise ValueError(f"format {header['format']!r}, version {header['version']!r}")
                arrays = {key: np.asarray(archive[key]) for key in header["arrays"]}
    except files.IrregularFileError as error:
        raise CheckpointError(f"{str(name)!r} is {error.strerror}, no file of {of.of}") from error
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    except Exception as error:  # h5py meets what is no such file in many ways
        raise CheckpointError(
            f"{str(name)!r} is no file of {of.of}, or it is damaged ({error}); it was left as it is"
        ) from error
    return header["meta"], arrays


def _first(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(_SEAL)


def _seal_of(file: BinaryIO) -> bytes:
    """Return the seal of what comes after it."""
    digest, length = hashlib.sha256(), 0
    file.seek(_SEAL)
    while piece := file.read(_PIECE):
        digest.update(piece)
        length += len(piece)
    return f"multispin {digest.hexdigest()} {length}\n".encode().ljust(_SEAL, b"\0")


@contextmanager
def fits_together(path: str | os.PathLike[str]) -> Iterator[None]:
    """Have what is wrong with contents that are as they were written be a CheckpointError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{os.fspath(path)!r}: what it holds does not fit together ({error}); "
            "it was left as it is"
        ) from error


def _plain(value: Any) -> Any:
    """Return a number of NumPy's as one of Python's, which JSON has."""
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        return value.item()
    allowed = "numbers, texts, lists and None, which a file can keep"
    raise TypeError(checks.describe("parameters", value, allowed))


# --- other programs -------------------------------------------------------------------------------


def write_rbms(
    path: str | os.PathLike[str], parameters: Parameters, chains: NDArray[np.uint8], updates: int
) -> None:
    """Write the parameters and visible chains as the package rbms keeps them.

    Notes
    -----
    N. Béreux et al., https://github.com/DsysDML/rbms: weights (n_visible, n_hidden).
    """
    h5py = require("h5py", "run")
    target = checks.path("path", path)
    with (
        interrupts_held(),
        files.replacing(target) as file,
        h5py.File(file, "w") as archive,
    ):
        group = archive.create_group(f"update_{updates}")
        params = group.create_group("params")
        params["weight_matrix"] = np.ascontiguousarray(parameters.weights.T)
        params["vbias"], params["hbias"] = parameters.visible, parameters.hidden
        for name in ("weight_matrix", "vbias", "hbias"):
            group[name] = params[name]
        group["time"] = 0.0
        archive["parallel_chains"] = chains.astype(parameters.weights.dtype)
        archive["model_type"] = "BBRBM"


def read_rbms(
    path: str | os.PathLike[str], update: int | None = None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return weights (n_hidden, n_visible) and biases of a file of rbms, at its last update or one.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is none of rbms, of another kind of machine, or has no such update.
    """
    h5py = require("h5py", "run")
    name = checks.path("path", path)
    try:
        with files.open_regular(name, os.O_RDONLY) as file, h5py.File(file, "r") as archive:
            kind = archive["model_type"][()].decode() if "model_type" in archive else "BBRBM"
            there = sorted(int(key[7:]) for key in archive if key.startswith("update_"))
            if kind != "BBRBM" or not there:
                raise ValueError(f"path: got {kind} with {len(there)} updates, allowed: BBRBM")
            wanted = there[-1] if update is None else update
            if wanted not in there:
                raise ValueError(checks.describe("update", update, ", ".join(map(str, there))))
            group = archive[f"update_{wanted}"]
            group = group.get("params", group)
            weights, visible, hidden = (
                np.asarray(group[key]) for key in ("weight_matrix", "vbias", "hbias")
            )
    except files.IrregularFileError as error:
        raise ValueError(f"path: got {str(name)!r}, {error.strerror}, allowed: a file") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise ValueError(f"path: got {str(name)!r}, which is no HDF5 file ({error})") from error
    except KeyError as error:
        raise ValueError(f"path: got {str(name)!r}, which is no file of rbms ({error})") from error
    return weights.T.copy(), visible, hidden
