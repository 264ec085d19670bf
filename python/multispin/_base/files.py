"""Files written all or nothing, and what can be known of a file before a long run.

Beside ``run.nc`` stand, while they are needed, ``.run.nc.<random>.partial``, which is being
written, and ``.run.nc.lock`` of a run that keeps itself there (`multispin._base.locks`).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from multispin._base import checks
from multispin._base.interrupts import interrupts_held

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALLOWED = "a file in an existing directory that can be written"
_PARTIAL = ".partial"
_LONGEST = 255  # bytes in a name, where the file system does not say

#: Files that this process is writing: locks are between processes only.
_being_written: set[Path] = set()


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file that becomes `path` when it is whole and on disk, and disappears otherwise.

    A process that is killed in between leaves a hidden file behind, which the next one that writes
    `path` removes. Several may write at a time: the last to end is what stays.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write or replace. It keeps its permissions, and a link stays a link.

    Yields
    ------
    BinaryIO
        A hidden file beside `path`, which takes its name at the end of the block.

    Raises
    ------
    OSError
        If the file cannot be written; it names `path`, where an earlier file is untouched.
    """
    try:
        target = resolved(path)
        _remove_abandoned(target)
        with _partial(target) as (partial, file):
            yield file
            file.flush()
            _keep_permissions(file, target)
            os.fsync(file.fileno())
            partial.replace(target)
        _sync_directory(target.parent)
    except OSError as error:  # about the hidden file, which nobody has heard of
        if error.errno is None:  # one of HDF5's, for one, that says it in words only
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def check_writable(path: str | os.PathLike[str], name: str = "checkpoint") -> None:
    """Raise now what writing `path` would raise after hours of running.

    What killed writers left of it goes.

    Parameters
    ----------
    path : str or os.PathLike
        The file that will be written or replaced.
    name : str
        The argument that the message names.

    Raises
    ------
    TypeError, ValueError
        If `path` is not a path.
    OSError
        If the directory is missing or cannot be written, the name is too long, or `path` is a
        directory, a device, a loop of links, or a file that may not be written (as
        `FileNotFoundError`, `NotADirectoryError`, `PermissionError`, `IsADirectoryError`).
    """
    checks.path(name, path, _ALLOWED)
    try:
        if not Path(path).name:
            raise IsADirectoryError(errno.EISDIR, "it is a directory")
        target = resolved(path)
        _check_kind(target)
        _remove_abandoned(target)
        # Trying is the only honest test: permission bits say nothing to root or about a
        # read-only file system.
        with interrupts_held(), _partial(target):
            pass
    except OSError as error:
        reason = f"{name}: got {os.fspath(path)!r}, allowed: {_ALLOWED} ({error.strerror})"
        raise OSError(error.errno, reason) from error


class IrregularFileError(OSError):
    """What is no file: a directory, a device or a pipe."""


def open_regular(path: str | os.PathLike[str], flags: int) -> BinaryIO:
    """Open a file, and nothing that could wait for somebody or never end.

    Raises
    ------
    OSError
        If it cannot be opened; `IrregularFileError` if it is none.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise IrregularFileError(errno.EINVAL, "a directory, a device or a pipe")
    return os.fdopen(descriptor, "rb" if flags == os.O_RDONLY else "r+b")


def resolved(path: str | os.PathLike[str]) -> Path:
    """Return the path without links; a loop of them is an OSError in every version of Python."""
    try:
        return Path(path).resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path)) from error


def hidden(target: Path, ending: str) -> Path:
    """Return the hidden file beside `target` with its name and an ending of at most 31 bytes."""
    return target.with_name(_stem(target) + ending)


def _stem(target: Path) -> str:
    """Return how the names of hidden files begin; long names are shortened to distinct ones."""
    try:
        longest = os.pathconf(target.parent, "PC_NAME_MAX")
    except (OSError, ValueError):
        longest = _LONGEST
    name = os.fsencode(target.name)
    if len(name) > longest - 32:
        digest = hashlib.sha256(name).hexdigest()[:16].encode()
        name = name[: longest - 32 - len(digest)] + digest
    return f".{os.fsdecode(name)}"


def _check_kind(target: Path) -> None:
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a directory")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is a device, a pipe or a socket")
    if not os.access(target, os.W_OK):  # its name could be given to another file all the same
        raise PermissionError(errno.EACCES, "it is write-protected")


@contextmanager
def _partial(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Create the file that is to become `target`; by its own name it does not outlive the block."""
    path = hidden(target, f".{secrets.token_hex(8)}{_PARTIAL}")
    _being_written.add(path)
    try:
        with _create(path) as file:
            try:
                yield path, file
            finally:
                path.unlink(missing_ok=True)
    finally:
        _being_written.discard(path)


def _create(path: Path) -> BinaryIO:
    """Create a file and lock it, which says that somebody is writing it."""
    while True:
        # "x": nobody's file is emptied, and no link followed, even where others can write.
        file: BinaryIO = path.open("x+b")
        try:
            with suppress(OSError):  # some file systems have no locks
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not flock, which HDF5 uses
            if os.path.samestat(os.fstat(file.fileno()), path.lstat()):
                return file
        except FileNotFoundError:  # taken for an abandoned one before it was locked: again
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def _remove_abandoned(target: Path) -> None:
    """Remove what killed writers of `target` left: files of its that nobody has locked."""
    ours = re.compile(re.escape(_stem(target)) + rf"\.[0-9a-f]{{16}}{re.escape(_PARTIAL)}")
    names = []
    with suppress(OSError), os.scandir(target.parent) as entries:  # a folder may not be readable
        names = [entry.name for entry in entries if ours.fullmatch(entry.name)]
    for path in map(target.with_name, names):
        if path not in _being_written:
            _remove_if_unlocked(path)


def _remove_if_unlocked(path: Path) -> None:
    with suppress(OSError):  # gone, locked, of another user, or a link: it stays
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(descriptor)


def _keep_permissions(file: BinaryIO, target: Path) -> None:
    with suppress(FileNotFoundError):
        known = target.stat()
        os.fchmod(file.fileno(), stat.S_IMODE(known.st_mode))
        with suppress(PermissionError):  # only root can give files away
            os.fchown(file.fileno(), known.st_uid, known.st_gid)


def _sync_directory(directory: Path) -> None:
    # Without this a crash of the machine could forget the new name of a file that is on disk.
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
