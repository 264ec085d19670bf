"""Checkpoint files: written all or nothing, trusted only after every byte has been checked.

A checkpoint is an uncompressed ``.npz`` archive, so `numpy.load` can look into it. Besides the
arrays it has an entry ``header``: JSON with the format's name and version, the kind of checkpoint,
the writer's own data, and dtype, shape and SHA-256 of every array, behind a SHA-256 of the JSON
itself. A reader believes the header first and each array after its digest, so that neither a
damaged file nor a foreign one can reach a sampler.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from multispin._base import checks
from multispin._base.files import IrregularFileError, open_regular, replacing
from multispin._base.interrupts import interrupts_held
from multispin.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["demand_array", "read_checkpoint", "write_checkpoint"]

FORMAT = "multispin checkpoint"
VERSION = 1

_HEADER = "header"
_DIGEST_LENGTH = 64  # hexadecimal digits of SHA-256
_MAX_HEADER = 1 << 26  # bytes; a header is text about a run, never large
_PIECE = 1 << 24  # bytes read at a time, so that a large array is in memory once
_PLAIN = "biufcSU"  # dtype kinds that are bytes and nothing else


def write_checkpoint(
    path: str | os.PathLike[str],
    kind: str,
    meta: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write a checkpoint so that at any moment `path` holds the old file or the new one, whole.

    The bytes go to a hidden file beside `path`, reach the disk, and only then take its name. A
    process killed in between leaves the hidden file behind; the next write removes it.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.
    kind : str
        What the checkpoint is of; `read_checkpoint` asks for the same.
    meta : mapping
        Data that JSON can hold. Floats come back bit for bit.
    arrays : mapping of str to ndarray
        Arrays of any shape, of numbers, booleans or strings.

    Raises
    ------
    OSError
        If the file cannot be written; it names `path`, where an earlier checkpoint is untouched.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f"{folder}/run.npz"
    ...     write_checkpoint(path, "demo", {"sweeps": 3}, {"spins": np.array([1, -1], np.int8)})
    ...     read_checkpoint(path, "demo")
    ({'sweeps': 3}, {'spins': array([ 1, -1], dtype=int8)})
    """
    path = checks.path("path", path)
    checks.instance("kind", kind, str, "a name")
    checks.mapping("meta", meta, (), "a mapping that JSON can hold")
    checks.mapping("arrays", arrays, (), "a mapping of names to arrays")
    with interrupts_held(), replacing(path) as file:
        _write_archive(file, kind, meta, arrays)


def read_checkpoint(
    path: str | os.PathLike[str], kind: str
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a checkpoint and verify all of it.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    kind : str
        The kind that the file has to be of.

    Returns
    -------
    meta : dict
        The writer's data.
    arrays : dict of str to ndarray
        The arrays, writable and in C order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is not a checkpoint, is of another kind or format version, or is damaged.
    """
    path = os.fspath(checks.path("path", path))
    checks.instance("kind", kind, str, "a name")
    try:
        with _open(path) as file, zipfile.ZipFile(file) as archive:
            _check_sizes(archive, os.fstat(file.fileno()).st_size)
            header = _read_header(archive, path, kind)
            arrays = {
                name: _read_array(archive, name, expected)
                for name, expected in header["arrays"].items()
            }
            return header["meta"], arrays
    except (FileNotFoundError, PermissionError, MemoryError, CheckpointError):
        raise
    except Exception as error:
        # zipfile and the array reader meet damage in many ways (BadZipFile, KeyError, EOFError,
        # NotImplementedError, struct.error, ...): all of them mean the same to the user.
        raise CheckpointError(
            f"{path!r} is not a multispin checkpoint, or it is damaged or truncated ({error}); "
            "it was left as it is"
        ) from error


def _write_archive(
    file: BinaryIO, kind: str, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    described: dict[str, Any] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, given in arrays.items():
            array = np.asarray(given, order="C")
            if name == _HEADER or array.dtype.kind not in _PLAIN:
                allowed = "arrays of numbers, booleans or text, by names other than 'header'"
                raise ValueError(f"arrays: got {name!r} of {array.dtype}, allowed: {allowed}")
            data = array.reshape(-1).view(np.uint8).data if array.size else memoryview(b"")
            described[name] = {
                "dtype": array.dtype.str,
                "shape": list(array.shape),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            _write_entry(archive, name, array, data)
        header = {"format": FORMAT, "version": VERSION, "kind": kind}
        text = _json("meta", header | {"meta": dict(meta), "arrays": described})
        sealed = np.frombuffer(hashlib.sha256(text).hexdigest().encode() + text, dtype=np.uint8)
        _write_entry(archive, _HEADER, sealed, sealed.data)


def _json(name: str, value: dict[str, Any]) -> bytes:
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{name}: got {error}, allowed: a mapping that JSON can hold") from error


def _write_entry(
    archive: zipfile.ZipFile, name: str, array: NDArray[Any], data: memoryview
) -> None:
    # A ZipInfo made by hand has a fixed date: the same state gives the same bytes.
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
        np.lib.format.write_array_header_2_0(entry, np.lib.format.header_data_from_array_1_0(array))
        entry.write(data)


def demand_array(
    arrays: Mapping[str, NDArray[Any]], name: str, dtype: Any, shape: Sequence[int]
) -> NDArray[Any]:
    """Return an array that was read if it is what it has to be.

    Raises
    ------
    CheckpointError
        If it is missing, or of another dtype or shape.
    """
    array = arrays.get(name)
    if array is None or array.dtype != dtype or array.shape != tuple(shape):
        found = "nothing" if array is None else f"{array.dtype} {array.shape}"
        expected = f"{np.dtype(dtype)} {tuple(shape)}"
        raise CheckpointError(f"the checkpoint's {name!r} is {found}, expected {expected}")
    return array


def _open(path: str) -> BinaryIO:
    """Open a file, and nothing that waits for a writer."""
    try:
        return open_regular(path, os.O_RDONLY)
    except IrregularFileError as error:
        raise CheckpointError(f"{path!r} is {error.strerror}, not a checkpoint") from error


def _check_sizes(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse entries that together are longer than the file: none of ours is compressed."""
    entries = archive.infolist()
    compressed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if compressed or sum(entry.file_size for entry in entries) > size:
        raise ValueError("its entries are compressed, or longer than the file")


def _read_header(archive: zipfile.ZipFile, path: str, kind: str) -> dict[str, Any]:
    entry = archive.getinfo(f"{_HEADER}.npy")
    if entry.file_size > _MAX_HEADER:
        raise ValueError("the header is too long")
    with archive.open(entry) as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_2_0(file)
        sealed = file.read()
    digest, text = sealed[:_DIGEST_LENGTH], sealed[_DIGEST_LENGTH:]
    if hashlib.sha256(text).hexdigest().encode() != digest:
        raise ValueError("the header's digest is wrong")
    header: dict[str, Any] = json.loads(text)
    if header["format"] != FORMAT or header["version"] != VERSION:
        raise CheckpointError(
            f"{path!r} is of format {header['format']!r} version {header['version']!r}; "
            f"this version of multispin reads {FORMAT!r} version {VERSION}"
        )
    if header["kind"] != kind:
        raise CheckpointError(
            f"{path!r} is a checkpoint of kind {header['kind']!r}, expected {kind!r}"
        )
    return header


def _read_array(archive: zipfile.ZipFile, name: str, expected: Mapping[str, Any]) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_2_0(file)
        dtype, shape = np.dtype(expected["dtype"]), expected["shape"]
        # Neither damage nor a file made on purpose can ask for more memory than the file is long.
        if (
            dtype.kind not in _PLAIN
            or not dtype.itemsize
            or not all(type(side) is int and side >= 0 for side in shape)
        ):
            raise ValueError(f"array {name!r} is of no plain type and shape")
        if math.prod(shape) * dtype.itemsize > archive.getinfo(f"{name}.npy").file_size:
            raise EOFError(f"array {name!r} is truncated")
        array: NDArray[Any] = np.empty(shape, dtype)
        data = array.reshape(-1).view(np.uint8).data if array.size else memoryview(b"")
        done = 0
        while done < len(data):
            piece = file.read(min(_PIECE, len(data) - done))
            if not piece:
                raise EOFError(f"array {name!r} is truncated")
            data[done : done + len(piece)] = piece
            done += len(piece)
        if file.read(1):
            raise ValueError(f"array {name!r} is too long")
    if hashlib.sha256(data).hexdigest() != expected["sha256"]:
        raise ValueError(f"the digest of array {name!r} is wrong")
    return array
