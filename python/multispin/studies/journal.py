"""The file of a study: lines of text, appended one by one, each with its own SHA-256.

A line is a digest, a space, and JSON in ASCII::

    <SHA-256 of the JSON, 64 hexadecimal digits> <JSON>

The first line is the header: format, version, who wrote it, and the study's identity::

    {
        "format": "multispin study",
        "version": 1,
        "multispin": "0.1.0",
        "task": "glass",
        "module": "studies_of_glasses",
        "source": "<SHA-256 of the task's source>",
        "parameters": {"L": [4, 6], "sample": [0, 1, 2], "sweeps": 1000},
    }

A list is swept over, anything else is the same for all points. A study that was extended, and not
yet finished again, has several headers; the last one counts. All other lines are points, in any
order: either a result ::

    {
        "point": {"L": 4, "sample": 0, "sweeps": 1000},
        "variables": {
            "energy": {
                "dims": ["draw"],
                "dtype": "<f8",
                "shape": [20],
                "attrs": {},
                "data": "<the array's bytes in C order, base64>",
            }
        },
        "coordinates": {"draw": {...}},
        "attrs": {},
    }

or a failure, ``{"point": {...}, "error": "<traceback>"}``. A result outweighs any failure.

So the file can be read with nothing but a JSON parser, damage stays within its line, and a kill can
hurt the last line only::

    for line in open(path, "rb"):
        record = json.loads(line[65:])
        for name, stored in record.get("variables", {}).items():
            data = base64.b64decode(stored["data"])
            array = numpy.frombuffer(data, stored["dtype"]).reshape(stored["shape"])

A *writer* holds a lock, drops a torn end, forces every append to the disk, and, once all points are
there, rewrites the file all or nothing: one header, and the points in the order of the product of
the parameters. The same study has the same bytes then, whatever happened on the way.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, BinaryIO

from multispin._base import files
from multispin._base.interrupts import interrupts_held
from multispin._base.locks import FileLock
from multispin.errors import CheckpointError
from multispin.studies.points import key_of, signature_of
from multispin.studies.records import Grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from multispin.studies.points import Outcome

FORMAT = "multispin study"
VERSION = 1

_DIGEST_LENGTH = 64


def new_header(identity: dict[str, str], parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the header of a study whose task `identity` tells, of this version of multispin."""
    origin = {"format": FORMAT, "version": VERSION, "multispin": version("multispin")}
    return origin | identity | {"parameters": parameters}


@dataclass
class Contents:
    """Where everything is in the file; the results themselves stay there."""

    header: dict[str, Any] = field(default_factory=dict)
    grid: Grid | None = None  # of the header
    results: dict[str, int] = field(default_factory=dict)  # key -> offset of the line
    failures: dict[str, list[int]] = field(default_factory=dict)  # key -> offsets
    signature: dict[str, str] = field(default_factory=dict)
    lines: int = 0
    end: int = 0  # offset after the last whole line

    def add(self, record: dict[str, Any], length: int) -> None:
        """Take in the next line."""
        if "point" not in record:
            self.header = record
        elif "error" in record:
            self.failures.setdefault(key_of(record["point"]), []).append(self.end)
        else:
            self.results[key_of(record["point"])] = self.end
            self.signature |= signature_of(record)
        self.lines += 1
        self.end += length


class Journal:
    """The file of a study, open for reading or writing.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    header : dict, optional
        To write: the file is locked, made if there is none, and a torn end cut off. By default it
        is only read.

    Raises
    ------
    FileNotFoundError
        If it is to be read, and there is none.
    CheckpointError
        If the file is damaged other than at its end, is none of a study, is of another format
        version, or somebody else writes it. It is left as it is.
    """

    def __init__(self, path: str | os.PathLike[str], header: dict[str, Any] | None = None) -> None:
        self.path = files.resolved(path)  # once: tasks may change the working directory
        self.writable = write = header is not None
        with ExitStack() as stack:
            if write:
                stack.callback(FileLock(path).release)
                if not self.path.exists():
                    with files.replacing(path) as new:
                        new.write(_seal(json.dumps(header).encode()))
            self._file = stack.enter_context(self._open(os.O_RDWR if write else os.O_RDONLY))
            with self._reader() as reader:
                self.contents = _scan(reader, os.fspath(path))
            if write and self.contents.end < os.fstat(self._file.fileno()).st_size:
                os.truncate(self._file.fileno(), self.contents.end)
            self.close = stack.pop_all().close  # closes the file, and lets others write it

    def _open(self, flags: int) -> BinaryIO:
        try:
            return files.open_regular(self.path, flags)
        except files.IrregularFileError as error:
            what = f"{str(self.path)!r} is {error.strerror}, not the file of a study"
            raise CheckpointError(what) from error

    def extend(self, header: dict[str, Any]) -> None:
        """Replace the header."""
        self._append([json.dumps(header)])
        self.contents.header = header

    def append(self, outcomes: Sequence[Outcome], keys: Sequence[str]) -> None:
        """Write outcomes, which are on disk when this returns. Ctrl-C waits that long."""
        if not outcomes:
            return
        contents = self.contents
        with interrupts_held():
            offsets = self._append([outcome.text for outcome in outcomes])
            for outcome, key, offset in zip(outcomes, keys, offsets, strict=True):
                if outcome.signature is None:
                    contents.failures.setdefault(key, []).append(offset)
                else:
                    contents.results[key] = offset

    def records(self, offsets: Iterable[int]) -> Iterator[dict[str, Any]]:
        """Read the lines at some offsets, one by one."""
        with self._reader() as reader:
            for offset in offsets:
                reader.seek(offset)
                yield json.loads(reader.readline()[_DIGEST_LENGTH + 1 :])

    def compact(self, keys: Iterable[str]) -> None:
        """Bring a file that has a result for each of `keys` into its final form."""
        contents = self.contents
        first = _seal(json.dumps(contents.header).encode())
        offsets = [contents.results[key] for key in keys]
        with self._reader() as reader:
            final = (
                contents.lines == 1 + len(offsets)
                and reader.readline() == first
                and offsets == sorted(offsets)
            )
            if final:
                return
            with interrupts_held(), files.replacing(self.path) as file:
                file.write(first)
                for offset in offsets:
                    reader.seek(offset)
                    file.write(reader.readline())

    def _append(self, texts: Sequence[str]) -> list[int]:
        contents, lines = self.contents, [_seal(text.encode()) for text in texts]
        try:
            _write(self._file.fileno(), b"".join(lines), contents.end)
            os.fsync(self._file.fileno())
        except OSError as error:  # a full disk: what was kept before stays readable
            with suppress(OSError):
                os.truncate(self._file.fileno(), contents.end)
            raise OSError(error.errno, error.strerror, os.fspath(self.path)) from error
        offsets = []
        for line in lines:
            offsets.append(contents.end)
            contents.end += len(line)
        contents.lines += len(lines)
        return offsets

    def _reader(self) -> BinaryIO:
        # The same descriptor: the file that was opened, whatever has its name by now.
        os.lseek(self._file.fileno(), 0, os.SEEK_SET)
        return os.fdopen(self._file.fileno(), "rb", closefd=False)


def _seal(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode() + b" " + text + b"\n"


def _unseal(line: bytes) -> dict[str, Any] | None:
    """Return the record in a line, or None if any byte of it is wrong."""
    text = line[_DIGEST_LENGTH + 1 : -1]
    if line != _seal(text):
        return None
    try:
        record: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):  # sealed, and no JSON
        return None
    return record


def _scan(reader: BinaryIO, path: str) -> Contents:
    contents = Contents()
    damaged = 0
    for number, line in enumerate(reader, 1):
        record = _unseal(line)
        if number == 1:
            _check_header(record, path)
        if record is None:
            damaged = damaged or number
        elif damaged:  # a kill tears the end only
            raise CheckpointError(
                f"{path!r} is damaged in line {damaged}; it was left as it is. Without that line "
                "it is in order: delete it, and its point will be computed again"
            )
        else:
            _take(contents, record, len(line), f"{path!r} line {number}")
    if not contents.lines:
        _check_header(None, path)
    return contents


def _take(contents: Contents, record: dict[str, Any], length: int, where: str) -> None:
    """Take in a line if it makes sense."""
    try:
        if "point" not in record:
            grid = Grid(record)
            if contents.grid is not None:
                grid.check_extends(contents.grid)
            contents.grid = grid
        elif contents.grid is not None:
            contents.grid.check(record, contents.signature)
        contents.add(record, length)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{where} is of no study ({type(error).__name__}: {error}); it was left as it is"
        ) from error


def _check_header(header: dict[str, Any] | None, path: str) -> None:
    if not isinstance(header, dict) or not {"format", "version"} <= header.keys():
        raise CheckpointError(
            f"{path!r} is not the file of a study, or its first line is damaged; "
            "it was left as it is"
        )
    if header["format"] != FORMAT or header["version"] != VERSION:
        raise CheckpointError(
            f"{path!r} is of format {header['format']!r} version {header['version']!r}; "
            f"this version of multispin reads {FORMAT!r} version {VERSION}"
        )


def _write(descriptor: int, data: bytes, offset: int) -> None:
    left = memoryview(data)
    while left:
        written = os.pwrite(descriptor, left, offset)
        left, offset = left[written:], offset + written
