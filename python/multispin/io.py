"""Files written all or nothing, and checkpoints, trusted only after every byte has been checked.

A checkpoint is an uncompressed ``.npz`` archive, so `numpy.load` can look into it. Besides the
arrays it has an entry ``header``: JSON with the format's name and version, the kind of checkpoint,
the writer's own data, and dtype, shape and SHA-256 of every array, behind a SHA-256 of the JSON
itself. A reader believes the header first and each array after its digest, so that neither a
damaged file nor a foreign one can reach a sampler.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from multispin.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

__all__ = ["check_writable", "read_checkpoint", "replacing", "write_checkpoint"]

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
    process killed in between leaves the hidden file behind; the next write replaces it.

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
    ...     path = Path(folder) / "run.npz"
    ...     write_checkpoint(path, "demo", {"sweeps": 3}, {"spins": np.array([1, -1], np.int8)})
    ...     read_checkpoint(path, "demo")
    ({'sweeps': 3}, {'spins': array([ 1, -1], dtype=int8)})
    """
    with replacing(path) as file:
        _write_archive(file, kind, meta, arrays)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that becomes `path` when it is whole and on disk, and disappears otherwise.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace.

    Yields
    ------
    BinaryIO
        A hidden file beside `path`, which takes its name at the end of the block.

    Raises
    ------
    OSError
        If the file cannot be written; it names `path`, where an earlier file is untouched.
    """
    target = Path(path).resolve()  # a link stays a link
    partial = _beside(target, "partial")
    try:
        try:
            with partial.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync_directory(target.parent)
    except OSError as error:  # about the hidden file, which nobody has heard of
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


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
    path = os.fspath(path)
    try:
        with Path(path).open("rb") as file, zipfile.ZipFile(file) as archive:
            header = _read_header(archive, path, kind)
            arrays = {
                name: _read_array(archive, name, expected)
                for name, expected in header["arrays"].items()
            }
            return header["meta"], arrays
    except (FileNotFoundError, PermissionError, MemoryError, CheckpointError):
        raise
    except IsADirectoryError as error:
        raise CheckpointError(f"{path!r} is a directory, not a checkpoint") from error
    except Exception as error:
        # zipfile and the array reader meet damage in many ways (BadZipFile, KeyError, EOFError,
        # NotImplementedError, struct.error, ...): all of them mean the same to the user.
        raise CheckpointError(
            f"{path!r} is not a multispin checkpoint, or it is damaged or truncated ({error}); "
            "it was left as it is"
        ) from error


def check_writable(path: str | os.PathLike[str], name: str = "checkpoint") -> None:
    """Raise now what writing `path` would raise after hours of running.

    Parameters
    ----------
    path : str or os.PathLike
        The file that will be written or replaced.
    name : str
        The argument that the message names.

    Raises
    ------
    TypeError
        If `path` is not a path.
    OSError
        If the directory is missing or cannot be written, or `path` is itself a directory
        (as `FileNotFoundError`, `NotADirectoryError`, `PermissionError`, `IsADirectoryError`).
    """
    allowed = "a file in an existing directory that can be written"
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{name}: got {path!r}, allowed: {allowed}")
    target = Path(path)
    try:
        if target.is_dir() or not target.name:
            raise IsADirectoryError(errno.EISDIR, "it is a directory")
        probe = _beside(target.resolve(), "probe")  # not what another process may be writing
        # Trying is the only honest test: permission bits say nothing to root or about a
        # read-only file system.
        with probe.open("wb"):
            pass
        probe.unlink(missing_ok=True)
    except OSError as error:
        reason = f"{name}: got {os.fspath(path)!r}, allowed: {allowed} ({error.strerror})"
        raise OSError(error.errno, reason) from error


def _beside(target: Path, suffix: str) -> Path:
    return target.with_name(f".{target.name}.{suffix}")


def _write_archive(
    file: BinaryIO, kind: str, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    described: dict[str, Any] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, given in arrays.items():
            array = np.asarray(given, order="C")
            if name == _HEADER or array.dtype.kind not in _PLAIN:
                raise ValueError(f"array {name!r} of dtype {array.dtype} cannot be in a checkpoint")
            data = array.reshape(-1).view(np.uint8).data if array.size else memoryview(b"")
            described[name] = {
                "dtype": array.dtype.str,
                "shape": list(array.shape),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            _write_entry(archive, name, array, data)
        header = {"format": FORMAT, "version": VERSION, "kind": kind}
        text = json.dumps(header | {"meta": dict(meta), "arrays": described}).encode()
        sealed = np.frombuffer(hashlib.sha256(text).hexdigest().encode() + text, dtype=np.uint8)
        _write_entry(archive, _HEADER, sealed, sealed.data)


def _write_entry(
    archive: zipfile.ZipFile, name: str, array: NDArray[Any], data: memoryview
) -> None:
    # A ZipInfo made by hand has a fixed date: the same state gives the same bytes.
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
        np.lib.format.write_array_header_2_0(entry, np.lib.format.header_data_from_array_1_0(array))
        entry.write(data)


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
        # Size and type come from the sealed header: damage cannot ask for all the memory.
        array: NDArray[Any] = np.empty(expected["shape"], dtype=np.dtype(expected["dtype"]))
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


def _sync_directory(directory: Path) -> None:
    # Without this a crash of the machine could forget the new name of a file that is on disk.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
